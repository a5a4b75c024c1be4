//! The traffic file.

use super::super::book::Problem;
use super::super::traffic::Traffic;
use super::super::{Imported, Language, Options, import};
use super::{file, value};

const TRAFFIC: &str = r#"{
  // What the template does not know.
  "arrivals_end": "2h",
  "functions": {
    "F": { "duration": "50ms", "arrivals": { "poisson": { "rate": "3/s" } } },
    "*": { "failures": [] }
  },
  "destinations": { "Dead": { "sqs": { "latency": "20ms" } } },
  "sources": { "more": { "to": "G", "arrivals": { "constant": { "rate": "1/min" } } } }
}"#;

const TRAFFIC_TEMPLATE: &str = "
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Up: {Type: AWS::S3::Bucket}
  F:
    Type: AWS::Serverless::Function
    Properties:
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
      Events: {E: {Type: S3, Properties: {Bucket: !Ref Up}}}
  G: {Type: AWS::Serverless::Function}
";

fn with_traffic(traffic: &str) -> Result<Imported, Vec<Problem>> {
    let traffic = Traffic::read(&file("traffic.json", traffic)).map_err(|problem| vec![problem])?;
    let options = Options { traffic: Some(traffic), ..Options::default() };
    import(Language::CloudFormation, &[file("t", TRAFFIC_TEMPLATE)], &options)
}

#[test]
fn a_traffic_file_fills_the_placeholders() {
    let imported = with_traffic(TRAFFIC).expect("fits");
    let expected = [
        ("/arrivals_end", "\"2h\""),
        ("/functions/F/duration", "{\"constant\":\"50ms\"}"),
        ("/functions/G/failures", "[]"),
        ("/sources/Up/arrivals/poisson/rate", "\"3/s\""),
        ("/sources/more/to", "\"G\""),
        ("/destinations/Dead/sqs/latency", "\"20ms\""),
    ];
    for (pointer, json) in expected {
        assert_eq!(value(&imported, pointer).to_string(), json, "{pointer}");
    }
    assert!(
        imported.scenario.contains("\"arrivals_end\": \"2h\", // traffic.json:3"),
        "{}",
        imported.scenario
    );
    // G has a source of its own: nobody is put in its place.
    assert_eq!(imported.application.sources.len(), 1);
}

#[test]
fn what_a_traffic_file_gets_wrong_is_said_with_its_line() {
    let cases = [
        (r#"{"functions": {"H": {}}}"#, "no function `H`"),
        (r#"{"functions": {"F": {"duration": "soon"}}}"#, "functions.F.duration"),
        (r#"{"functions": {"F": {"DeadLetterConfig": {"TargetArn": "x"}}}}"#, "DeadLetterConfig"),
        (r#"{"destinations": {"Deed": {}}}"#, "no destination `Deed`"),
        (r#"{"destinations": {"Dead": {"sns": {}}}}"#, "of kind sqs"),
        (r#"{"sources": {"Upp": {"size": "1KiB"}}}"#, "no source `Upp`"),
        (r#"{"sources": {"Up": {"to": "G"}}}"#, "known from the template"),
        (r#"{"teapots": 1}"#, "teapots"),
        ("[1]", "a list stands here"),
        (r#"{"functions": []}"#, "a list stands here"),
        (r#"{"sources": {"Up": 3}}"#, "a number stands here"),
        (r#"{"functions": "#, "ends too early"),
    ];
    for (traffic, message) in cases {
        let problems = with_traffic(traffic).expect_err(traffic);
        assert!(problems[0].message.contains(message), "{traffic}: {}", problems[0]);
        assert_eq!(
            (problems[0].origin.file.as_str(), problems[0].origin.line),
            ("traffic.json", 1),
            "{traffic}"
        );
    }
}
