//! `docs/scale-out`: what is shipped for schedulers is run as they would run it, task by task, and merged; the engines
//! themselves are run by the `check` scripts beside it.

use crate::cli::{stderr, thirdtry};
use crate::source_files::{root, text};
use crate::support::{temporary_folder, tree};
use saphyr::{LoadableYamlNode, Yaml};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A smaller sweep than the manifests have, of the same kind.
const SWEEP: [&str; 5] = [
    "plan.json",
    "--vary=functions.ship.ReservedConcurrentExecutions=1,3",
    "--vary=functions.ship.EventInvokeConfig.MaximumRetryAttempts=0,1",
    "--replications=4",
    "--metric=lost.Sum",
];

/// A volume as the tasks see it: with `plan.json` in it.
fn volume(name: &str) -> PathBuf {
    let folder = temporary_folder(&format!("scale-out-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    fs::copy(root().join("scenarios/quickstart.json"), folder.join("plan.json")).expect("a file");
    folder
}

/// The program as a task of a container whose working folder is the volume.
fn task(volume: &Path, args: &[String], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_thirdtry"))
        .args(args)
        .current_dir(volume)
        .envs(variables.iter().copied())
        .output()
        .expect("the program starts")
}

#[track_caller]
fn done(output: &Output) {
    assert!(output.status.success(), "{}", stderr(output));
}

/// The command of a manifest with the smaller sweep in it: what the manifest says of shares and folders stays.
fn smaller(command: &[String]) -> Vec<String> {
    let own =
        |word: &&String| !["plan.json", "--vary=", "--replications="].iter().any(|w| word.starts_with(w));
    let mut own = command.iter().filter(own).cloned();
    let first = own.next().expect("a command");
    assert_eq!(first, "sweep");
    [first].into_iter().chain(SWEEP.map(str::to_owned)).chain(own).collect()
}

/// The sweep that was never shared out, of the same scenario.
fn whole(volume: &Path) -> PathBuf {
    let args = ["sweep"].into_iter().chain(SWEEP).chain(["--out=whole"]).map(str::to_owned);
    done(&task(volume, &args.collect::<Vec<_>>(), &[]));
    volume.join("whole")
}

/// Goal: the batch script does a share for each task, a share that is lost is run again by the same command, and merged
/// they are the whole. Method: bash runs the script with the environment of `sbatch --array=1-3`, then of `--array=2`.
#[cfg(unix)]
#[test]
fn the_slurm_script_shares_out_a_sweep() {
    let volume = volume("slurm");
    let script = root().join("docs/scale-out/slurm/sweep.sbatch");
    let submit = |id: &str, array: [&str; 3]| {
        Command::new("bash")
            .arg(&script)
            .arg("3")
            .args(SWEEP)
            .current_dir(&volume)
            .env("THIRDTRY", env!("CARGO_BIN_EXE_thirdtry"))
            .env("SLURM_ARRAY_TASK_ID", id)
            .env("SLURM_ARRAY_TASK_MIN", array[0])
            .env("SLURM_ARRAY_TASK_MAX", array[1])
            .env("SLURM_ARRAY_TASK_COUNT", array[2])
            .env("SLURM_CPUS_PER_TASK", "1")
            .output()
            .expect("bash")
    };
    for id in ["1", "3"] {
        done(&submit(id, ["1", "3", "3"]));
    }
    let merge = || task(&volume, &["merge", "shares", "--out=merged"].map(str::to_owned), &[]);
    let lost = merge();
    assert_eq!(lost.status.code(), Some(4));
    assert!(stderr(&lost).contains("missing: 2/3"), "{}", stderr(&lost));
    done(&submit("2", ["2", "2", "1"]));
    done(&merge());
    assert!(tree(&volume.join("merged")) == tree(&whole(&volume)));
    let outside = submit("4", ["4", "4", "1"]);
    assert_eq!(outside.status.code(), Some(2));
    assert!(stderr(&outside).contains("no share 4 of 3"), "{}", stderr(&outside));
}

/// Goal: the array job's command does a share for each child, the single job's the share that it names, and the merging
/// job puts them together. Method: the commands of the requests, with the environment that Batch gives.
#[test]
fn the_batch_requests_share_out_a_sweep() {
    let request = |name: &str| -> serde_json::Value {
        let text = text(format!("docs/scale-out/aws-batch/{name}.json"));
        serde_json::from_str(&text).expect("JSON")
    };
    let words = |command: &serde_json::Value| -> Vec<String> {
        let words = command.as_array().expect("a list").iter();
        words.map(|word| word.as_str().expect("a word").to_owned()).collect()
    };
    let (job, array) = (request("job-definition"), request("submit-sweep"));
    let (share, merge) = (request("submit-share"), request("submit-merge"));
    for submitted in [&array, &share, &merge] {
        assert_eq!(submitted["jobDefinition"], job["jobDefinitionName"]);
    }
    let command = words(&job["containerProperties"]["command"]);
    let alone = words(&share["containerOverrides"]["command"]);
    assert_eq!(command[..command.len() - 1], alone[..alone.len() - 1], "only the share differs");
    assert_eq!(job["containerProperties"]["mountPoints"][0]["containerPath"], "/work");

    let volume = volume("batch");
    let size = array["arrayProperties"]["size"].as_u64().expect("a size");
    let size_text = size.to_string();
    for index in (0..size).filter(|index| *index != 2).map(|index| index.to_string()) {
        let variables = [("AWS_BATCH_JOB_ARRAY_INDEX", &*index), ("AWS_BATCH_JOB_ARRAY_SIZE", &*size_text)];
        done(&task(&volume, &smaller(&command), &variables));
    }
    let merge = words(&merge["containerOverrides"]["command"]);
    let lost = task(&volume, &merge, &[]);
    assert!(stderr(&lost).contains("missing: 3/8"), "{}", stderr(&lost));
    done(&task(&volume, &smaller(&alone), &[]));
    done(&task(&volume, &merge, &[]));
    assert!(tree(&volume.join("out/plan-sweep")) == tree(&whole(&volume)));
}

/// Goal: the pods of the Indexed Job do a share each, and the merging Job puts them together. Method: the manifests'
/// arguments, with the variable that Kubernetes sets.
#[test]
fn the_kubernetes_jobs_share_out_a_sweep() {
    let job = manifest("job");
    let spec = &job["spec"];
    assert_eq!(spec["completionMode"].as_str(), Some("Indexed"));
    let completions = spec["completions"].as_integer().expect("a number");
    let command = args(&job);
    assert_eq!(command.last(), Some(&format!("--shard=auto/{completions}")), "in both places");

    let volume = volume("kubernetes");
    for index in (0..completions).map(|index| index.to_string()) {
        done(&task(&volume, &smaller(&command), &[("JOB_COMPLETION_INDEX", &index)]));
    }
    done(&task(&volume, &args(&manifest("merge")), &[]));
    assert!(tree(&volume.join("out/plan-sweep")) == tree(&whole(&volume)));
    let outside = task(&volume, &smaller(&command), &[("JOB_COMPLETION_INDEX", "8")]);
    assert_eq!(outside.status.code(), Some(2), "{}", stderr(&outside));
}

/// Goal: what the manifests sweep is a sweep; the tests above run a smaller one.
#[test]
fn the_sweep_of_the_manifests_is_one() {
    let out = volume("manifests").join("share").display().to_string();
    let of_manifest = args(&manifest("job"));
    let words = of_manifest.iter().map(|word| match word.as_str() {
        "plan.json" => "scenarios/quickstart.json",
        "--shard=auto/8" => "--shard=1/120",
        word => word,
    });
    let words: Vec<&str> = words.chain(["--out", &out]).collect();
    done(&thirdtry(&words));
}

fn manifest(name: &str) -> Yaml<'static> {
    let text: &'static str = text(format!("docs/scale-out/kubernetes/{name}.yaml")).leak();
    let documents = Yaml::load_from_str(text).expect("YAML");
    let [document] = <[Yaml<'static>; 1]>::try_from(documents).expect("one document");
    assert_eq!((document["apiVersion"].as_str(), document["kind"].as_str()), (Some("batch/v1"), Some("Job")));
    let pod = &document["spec"]["template"]["spec"];
    assert_eq!(pod["restartPolicy"].as_str(), Some("Never"));
    assert_eq!(pod["securityContext"]["runAsNonRoot"].as_bool(), Some(true));
    let container = &pod["containers"][0];
    assert_eq!(container["workingDir"].as_str(), container["volumeMounts"][0]["mountPath"].as_str());
    document
}

fn args(job: &Yaml<'_>) -> Vec<String> {
    let args = job["spec"]["template"]["spec"]["containers"][0]["args"].as_vec().expect("a list");
    args.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}
