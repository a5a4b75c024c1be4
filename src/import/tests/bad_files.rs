//! What is no template, or not to be known from one.

use super::super::{Language, Options, SourceFile, import};
use super::refused;

/// Whatever may hold a function, a route or a source and is not known is a problem, never nothing.
#[test]
fn what_is_not_known_is_never_taken_for_nothing() {
    let resources = [
        "F: {Type: AWS::Serverless::Function, Properties: !Ref Open}",
        "F: {Type: AWS::Serverless::Function, Properties: {EventInvokeConfig: !Ref Open}}",
        "F: {Type: AWS::Serverless::Function, Properties: {EventInvokeConfig: {DestinationConfig: !Ref Open}}}",
        "F: {Type: AWS::Serverless::Function, Properties: {Events: !Ref Open}}",
        "F: {Type: AWS::Serverless::Function, Properties: {Events: {E: !Ref Open}}}",
        "F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: S3, Properties: !Ref Open}}}}",
        "F: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), State: !Ref Open}}}}}",
        "F: {Type: AWS::Serverless::Function, Condition: Nowhere}",
        "F: {Type: AWS::Lambda::Function, Properties: {DeadLetterConfig: !Ref Open}}",
        "B: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: !Ref Open}}",
        "B: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {LambdaConfigurations: [!Ref Open]}}}",
        "T: {Type: AWS::SNS::Topic, Properties: {Subscription: !Ref Open}}",
        "R: {Type: AWS::Events::Rule, Properties: {Targets: !Ref Open}}",
        "R: {Type: AWS::Events::Rule, Properties: {State: !Ref Open, Targets: []}}",
        "R: {Type: AWS::Events::Rule, Properties: {Targets: [{Arn: !Ref Open}]}}",
        "S: {Type: AWS::SNS::Subscription, Properties: {Protocol: !Ref Open}}",
        "C: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref G, Qualifier: !Ref Open}}",
        "C: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref G, DestinationConfig: !Ref Open}}",
    ];
    for resource in resources {
        let text = format!(
            "Parameters: {{Open: {{Type: String}}}}\nResources:\n  G: {{Type: AWS::Lambda::Function}}\n  {resource}\n"
        );
        let problems = refused(Language::CloudFormation, &text, &[]);
        assert!(problems[0].message.contains("cannot be resolved"), "{resource}: {}", problems[0]);
        assert_eq!(problems[0].origin.line, 4, "{resource}: {}", problems[0]);
    }
    let services = [
        "functions: {f: '${opt:x}'}",
        "functions: {f: {destinations: '${opt:x}'}}",
        "functions: {f: {destinations: {onFailure: '${opt:x}'}}}",
        "functions: {f: {events: '${opt:x}'}}",
        "functions: {f: {}}\nprovider: '${opt:x}'",
        "functions: '${opt:x}'",
        "functions: {f: {onError: '${opt:x}'}}",
    ];
    for service in services {
        let problems = refused(Language::Serverless, &format!("service: s\n{service}\n"), &[]);
        assert!(problems[0].message.contains("given when it is deployed"), "{service}: {}", problems[0]);
    }
    let blocks = [
        (
            "aws_lambda_function_event_invoke_config",
            "  function_name = aws_lambda_function.f.arn\n  dynamic \"destination_config\" {\n    content {}\n  }\n",
        ),
        (
            "aws_s3_bucket_notification",
            "  bucket = \"b\"\n  dynamic \"lambda_function\" {\n    content {}\n  }\n",
        ),
        (
            "aws_sns_topic_subscription",
            "  topic_arn = \"t\"\n  protocol = var.open\n  endpoint = aws_lambda_function.f.arn\n",
        ),
    ];
    for (kind, body) in blocks {
        let text = format!(
            "variable \"open\" {{}}\nresource \"aws_lambda_function\" \"f\" {{}}\nresource \"{kind}\" \"x\" {{\n{body}}}\n"
        );
        let problems = refused(Language::Terraform, &text, &[]);
        assert!(problems[0].message.contains("cannot be resolved"), "{kind}: {}", problems[0]);
    }
}

#[test]
fn files_that_are_no_templates_are_refused_with_one_clear_problem() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "empty"),
        (b"hello", "no resources"),
        (b"[1, 2]", "no resources"),
        (b"Resources: {}", "no resources"),
        (b"Resources:\n  F: {Properties: {}}", "no type"),
        (b"{\"Resources\": {\"F\": ", "ends too early"),
        (b"Resources:\n  F: \xff\n", "byte 16 is not UTF-8"),
        (b"\xff\xfeR\0", "UTF-16"),
        (b"Resources: {Q: {Type: AWS::SQS::Queue}}", "no Lambda function"),
    ];
    for (bytes, message) in cases {
        let file = SourceFile { name: "t".to_owned(), bytes: bytes.to_vec() };
        let problems =
            import(Language::CloudFormation, &[file], &Options::default()).expect_err("no template");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.contains(message), "{}", problems[0]);
    }
    let large = SourceFile { name: "t".to_owned(), bytes: vec![b' '; 50_000_000] };
    let problems = import(Language::CloudFormation, &[large], &Options::default()).expect_err("too large");
    assert!(problems[0].message.contains("16 MiB"), "{}", problems[0]);
}

#[test]
fn files_that_are_no_terraform_say_so() {
    let deep = format!(
        "resource \"aws_lambda_function\" \"f\" {{\n  timeout = {}1{}\n}}\n",
        "(".repeat(50_000),
        ")".repeat(50_000)
    );
    let mut doubling = String::from(
        "resource \"aws_lambda_function\" \"f\" {\n  timeout = local.l40\n}\nlocals {\n  l0 = [1]\n",
    );
    for n in 1..=40 {
        doubling = format!("{doubling}  l{n} = [local.l{0}, local.l{0}]\n", n - 1);
    }
    doubling += "}\n";
    let cases = [
        ("resource \"aws_lambda_function\" {", "not HCL"),
        ("{}", "not a plan"),
        ("PK\u{3}\u{4}", "own format"),
        (deep.as_str(), "not HCL"),
        (doubling.as_str(), "hold each other too often"),
        ("variable \"x\" {}\n", "no Lambda function"),
    ];
    for (text, message) in cases {
        let problems = refused(Language::Terraform, text, &[]);
        assert!(problems[0].message.contains(message), "{}: {}", &text[..text.len().min(60)], problems[0]);
    }
    let module = "module \"orders\" {\n  source = \"./orders\"\n}\n";
    let problems = refused(Language::Terraform, module, &[]);
    assert!(
        problems[0].hint.contains("t:1 module.orders, what is inside of a module is not seen"),
        "{}",
        problems[0]
    );
    assert!(problems[0].to_string().starts_with("there is no Lambda function"), "{}", problems[0]);
}
