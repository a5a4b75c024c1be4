//! Serverless Framework.

use super::super::book::Verdict;
use super::super::{Imported, Language, Options, import};
use super::{accepted, file, refused, says, source_names, value};

fn serverless(text: &str, parameters: &[(&str, &str)]) -> Imported {
    accepted(Language::Serverless, text, parameters)
}

#[test]
fn serverless_has_its_own_defaults_and_says_so() {
    let imported =
        serverless("service: s\nprovider: {name: aws}\nfunctions:\n  ship-it: {handler: a.b}\n", &[]);
    assert_eq!(value(&imported, "/functions/ship-it/Timeout"), 6);
    assert_eq!(value(&imported, "/functions/ship-it/MemorySize"), 1024);
    says(&imported, Verdict::Assumed, "functions.ship-it.Timeout = 6, the default of Serverless Framework");
}

#[test]
fn serverless_functions_events_and_variables_are_read() {
    let text = "
service: shop
custom:
  limits: {dev: {retries: 1}, prod: {retries: 0}}
  stage: ${opt:stage, 'dev'}
params: {default: {age: 300}}
provider: {name: aws, stage: dev, timeout: 20, architecture: arm64}
functions:
  ship:
    memorySize: 512
    maximumRetryAttempts: ${self:custom.limits.${self:custom.stage}.retries}
    maximumEventAge: ${param:age}
    reservedConcurrency: ${env:SLOTS, 5}
    provisionedConcurrency: 2
    onError: !Ref Dead
    destinations:
      onSuccess: bill
      onFailure: {type: sqs, arn: !GetAtt Failed.Arn}
    events:
      - s3: uploads
      - s3: {bucket: other, event: s3:ObjectRemoved:*}
      - sns: {arn: !Ref Topic, topicName: x}
      - schedule: rate(10 minutes)
      - schedule: {rate: [rate(1 hour), cron(0 12 * * ? *)], enabled: true}
      - eventBridge: {pattern: {source: [a]}, retryPolicy: {maximumRetryAttempts: 2, maximumEventAge: 120}}
      - iot: {sql: x}
      - cloudwatchLog: /aws/x
      - http: GET /ship
      - sqs: {arn: !GetAtt Failed.Arn}
      - stream: arn:aws:kinesis:us-east-1:1:stream/s
      - teapot: true
  bill:
    timeout: 9
resources:
  Resources:
    Dead: {Type: AWS::SNS::Topic}
    Topic: {Type: AWS::SNS::Topic}
    Failed: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'failed-${AWS::Region}-${self:custom.stage}'}}
";
    let imported = serverless(text, &[]);
    let expected = [
        ("/functions/ship/Timeout", "20"),
        ("/functions/ship/MemorySize", "512"),
        ("/functions/ship/Architectures", "[\"arm64\"]"),
        ("/functions/ship/ReservedConcurrentExecutions", "5"),
        ("/functions/ship/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions", "2"),
        ("/functions/ship/EventInvokeConfig/MaximumRetryAttempts", "1"),
        ("/functions/ship/EventInvokeConfig/MaximumEventAgeInSeconds", "300"),
        ("/functions/ship/EventInvokeConfig/DestinationConfig/OnSuccess/Destination", "\"bill\""),
        ("/functions/ship/EventInvokeConfig/DestinationConfig/OnFailure/Destination", "\"Failed\""),
        ("/functions/ship/DeadLetterConfig/TargetArn", "\"Dead\""),
        ("/functions/bill/Timeout", "9"),
        ("/sources/uploads/to", "\"ship\""),
        ("/sources/Topic/to", "\"ship\""),
        ("/sources/ship-schedule-4/arrivals/constant/every", "\"10m\""),
        ("/sources/ship-eventBridge-6/eventbridge/RetryPolicy/MaximumEventAgeInSeconds", "120"),
    ];
    for (pointer, json) in expected {
        assert_eq!(value(&imported, pointer).to_string(), json, "{pointer}");
    }
    let names: Vec<&str> = imported.application.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names.len(), 9, "{names:?}");
    for words in ["http calls it synchronously", "sqs is polled", "stream is polled", "`teapot` is not known"]
    {
        says(&imported, Verdict::Ignored, words);
    }
    let prod = serverless(text, &[("stage", "prod"), ("env:SLOTS", "7")]);
    assert_eq!(value(&prod, "/functions/ship/EventInvokeConfig/MaximumRetryAttempts"), 0);
    assert_eq!(value(&prod, "/functions/ship/ReservedConcurrentExecutions"), 7);
}

#[test]
fn what_serverless_leaves_open_is_a_problem_that_names_the_remedy() {
    let cases = [
        ("${opt:t}", "given when it is deployed", "--parameter 't=VALUE'"),
        ("${env:T}", "only when it is deployed", "'env:T=VALUE'"),
        ("${ssm:/t}", "only when it is deployed", "'ssm:/t=VALUE'"),
        ("${file(limits.yml):t}", "give it behind serverless.yml", "'file(limits.yml):t=VALUE'"),
        ("${self:custom.t}", "is not set", "plain value"),
        ("${self:functions.f.timeout}", "too deeply", "plain value"),
        ("${opt:t", "no closing brace", "plain value"),
    ];
    for (expression, message, hint) in cases {
        let text = format!("service: s\nfunctions:\n  f:\n    timeout: \"{expression}\"\n");
        let problems = refused(Language::Serverless, &text, &[]);
        let [problem] = problems.as_slice() else { panic!("{expression}: {problems:?}") };
        assert!(problem.message.contains(message), "{expression}: {problem}");
        assert!(problem.hint.contains(hint), "{expression}: {problem}");
        assert_eq!(problem.origin.line, 4, "{expression}: {problem}");
    }
    let problems = refused(Language::Serverless, "service: s\n", &[]);
    assert!(problems[0].message.contains("no functions"), "{}", problems[0]);
    let problems = refused(Language::Serverless, "functions: {f: {}}\n", &[("stge", "x")]);
    assert!(problems[0].message.contains("no variable asks for `stge`"), "{}", problems[0]);
}

#[test]
fn files_that_serverless_includes_are_read_if_they_are_given() {
    let files = [
        file(
            "app/serverless.yml",
            "service: s\nfunctions: '${file(./functions.yml)}'\nresources:\n  - ${file(r.yml)}\n",
        ),
        file("app/functions.yml", "f:\n  timeout: ${file(limits.json):seconds}\n"),
        file("app/limits.json", "{\"seconds\": 7}"),
    ];
    let imported = import(Language::Serverless, &files, &Options::default()).expect("fits");
    assert_eq!(value(&imported, "/functions/f/Timeout"), 7);
    says(&imported, Verdict::Ignored, "resources that are not seen");
}

#[test]
fn callers_that_are_off_or_have_more_to_them_are_told() {
    let text = "
service: s
functions:
  f:
    events:
      - iot: {sql: x, enabled: false}
      - eventBridge: {pattern: {source: [a]}, deadLetterQueueArn: !GetAtt Q.Arn}
      - sns: {arn: !Ref T, redrivePolicy: {deadLetterTargetRef: Q}}
      - schedule: {rate: cron(0 9 * * ? *), timezone: America/New_York}
resources: {Resources: {Q: {Type: AWS::SQS::Queue}, T: {Type: AWS::SNS::Topic}}}
";
    let imported = serverless(text, &[]);
    assert_eq!(source_names(&imported), ["f-schedule-4", "f-eventBridge-2", "T"]);
    says(&imported, Verdict::Ignored, "iot-1: it is disabled");
    says(&imported, Verdict::Ignored, "DeadLetterConfig of a rule or schedule");
    says(&imported, Verdict::Ignored, "RedrivePolicy of a subscription");
    says(&imported, Verdict::Assumed, "in `America/New_York`");
}
