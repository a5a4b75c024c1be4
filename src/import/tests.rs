//! Front ends against small templates with known answers.

use super::book::{Problem, Verdict};
use super::traffic::Traffic;
use super::{Imported, Language, Options, SourceFile, import};
use crate::scenario::load::{Input, Loaded, load};

pub(super) fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

fn options(parameters: &[(&str, &str)]) -> Options {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Options { parameters: parameters.iter().map(owned).collect(), ..Options::default() }
}

#[track_caller]
pub(super) fn accepted(language: Language, text: &str, parameters: &[(&str, &str)]) -> Imported {
    import(language, &[file("t", text)], &options(parameters)).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[track_caller]
pub(super) fn refused(language: Language, text: &str, parameters: &[(&str, &str)]) -> Vec<Problem> {
    match import(language, &[file("t", text)], &options(parameters)) {
        Ok(imported) => panic!("must be refused:\n{}", imported.scenario),
        Err(problems) => problems,
    }
}

#[track_caller]
fn loaded(imported: &Imported) -> Loaded {
    load(&Input::from_text("imported", &imported.scenario)).unwrap_or_else(|rejected| panic!("{rejected}"))
}

/// The value at a pointer of the resolved scenario.
#[track_caller]
pub(super) fn value(imported: &Imported, pointer: &str) -> serde_json::Value {
    loaded(imported).resolved.pointer(pointer).cloned().unwrap_or_default()
}

#[track_caller]
pub(super) fn says(imported: &Imported, verdict: Verdict, words: &str) {
    let said = imported.notes.iter().any(|note| note.verdict == verdict && note.text.contains(words));
    let all: Vec<String> =
        imported.notes.iter().map(|note| format!("{}: {}", note.verdict.name(), note.text)).collect();
    assert!(said, "nothing {} says `{words}`:\n{}", verdict.name(), all.join("\n"));
}

fn cloudformation(text: &str, parameters: &[(&str, &str)]) -> Imported {
    accepted(Language::CloudFormation, text, parameters)
}

/// A template with one function whose `Timeout` is an expression.
fn with_timeout(expression: &str) -> String {
    format!(
        "Parameters:\n  Stage: {{Type: String, Default: dev}}\n  Size: {{Type: Number, Default: 7}}\n  \
         Open: {{Type: String}}\n  Many: {{Type: CommaDelimitedList, Default: '4, 5, 6'}}\n\
         Mappings:\n  Limits: {{dev: {{timeout: 11}}, prod: {{timeout: 12}}}}\n\
         Conditions:\n  IsProd: !Equals [!Ref Stage, prod]\n  IsDev: !Not [!Condition IsProd]\n  \
         Both: !And [!Condition IsDev, !Equals [a, a]]\n  Any: !Or [!Condition IsProd, !Condition Both]\n  \
         Loop: !Not [!Condition Pool]\n  Pool: !Not [!Condition Loop]\n\
         Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Timeout: {expression}\n"
    )
}

#[test]
fn expressions_are_worked_out() {
    let cases = [
        ("9", "9"),
        ("'9'", "9"),
        ("!Ref Size", "7"),
        ("{Ref: Size}", "7"),
        ("!If [IsProd, 1, 2]", "2"),
        ("!If [Any, 1, 2]", "1"),
        ("{'Fn::If': [IsDev, {Ref: Size}, 2]}", "7"),
        ("!FindInMap [Limits, !Ref Stage, timeout]", "11"),
        ("!FindInMap [Limits, nowhere, timeout, {DefaultValue: 13}]", "13"),
        ("!Join ['', [1, !Ref Size]]", "17"),
        ("!Select [1, !Ref Many]", "5"),
        ("!Select [2, !Split ['-', 1-2-3]]", "3"),
        ("!Sub '1${Size}'", "17"),
        ("!Sub ['${X}${Size}', {X: 2}]", "27"),
        ("!Sub '${Size}'", "7"),
        ("!Length [a, b, c]", "3"),
        ("!If [Any, !If [IsProd, 1, !Sub '${Size}0'], 2]", "70"),
        ("{'Fn::Join': ['', ['3', {'Fn::Select': ['0', {'Fn::Split': [',', '1,2']}]}]]}", "31"),
    ];
    for (expression, expected) in cases {
        let imported = cloudformation(&with_timeout(expression), &[]);
        assert_eq!(value(&imported, "/functions/F/Timeout").to_string(), expected, "{expression}");
    }
    let prod =
        cloudformation(&with_timeout("!FindInMap [Limits, !Ref Stage, timeout]"), &[("Stage", "prod")]);
    assert_eq!(value(&prod, "/functions/F/Timeout"), 12);
    let none = cloudformation(&with_timeout("!Ref AWS::NoValue"), &[]);
    assert_eq!(value(&none, "/functions/F/Timeout"), 3, "AWS's default");
}

#[test]
fn what_cannot_be_worked_out_is_a_problem_that_names_the_remedy() {
    let cases = [
        ("!Ref Open", "has no default", "--parameter 'Open=VALUE'"),
        ("!Ref Nobody", "no parameter or resource `Nobody`", "plain value"),
        ("!Foo 3", "function `Fn::Foo`", "plain value"),
        ("!If [Loop, 1, 2]", "depends on itself", "plain value"),
        ("!If [Nowhere, 1, 2]", "no condition `Nowhere`", "plain value"),
        (
            "!ImportValue shared-timeout",
            "exported by another stack",
            "'Fn::ImportValue:shared-timeout=VALUE'",
        ),
        ("'{{resolve:ssm:/timeout}}'", "only when it is deployed", "'resolve:ssm:/timeout=VALUE'"),
        ("!GetAtt Nobody.Arn", "no resource `Nobody`", "plain value"),
        ("!FindInMap [Limits, qa, timeout]", "has no `qa`", "plain value"),
        ("!Select [9, !Ref Many]", "no element `9`", "plain value"),
        ("!Sub '${Open'", "no closing brace", "plain value"),
        ("soon", "not a whole number", "whole number"),
        ("[1]", "a list, not a whole number", "whole number"),
        ("901", "must be 1..900", "docs/scenario.md"),
    ];
    for (expression, message, hint) in cases {
        let problems = refused(Language::CloudFormation, &with_timeout(expression), &[]);
        let [problem] = problems.as_slice() else { panic!("{expression}: {problems:?}") };
        assert!(problem.message.contains(message), "{expression}: {problem}");
        assert!(problem.hint.contains(hint), "{expression}: {problem}");
        assert_eq!((problem.origin.line, problem.origin.resource.as_str()), (19, "F"), "{expression}");
    }
    let given = [
        ("!Ref Open", ("Open", "5")),
        ("!ImportValue shared-timeout", ("Fn::ImportValue:shared-timeout", "5")),
        ("'{{resolve:ssm:/timeout}}'", ("resolve:ssm:/timeout", "5")),
    ];
    for (expression, parameter) in given {
        let imported = cloudformation(&with_timeout(expression), &[parameter]);
        assert_eq!(value(&imported, "/functions/F/Timeout"), 5, "{expression}");
    }
}

#[test]
fn parameters_that_nobody_asks_for_or_that_are_not_allowed_are_problems() {
    let text = "Parameters: {Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}}\n\
                Resources: {F: {Type: AWS::Lambda::Function}}\n";
    let problems = refused(Language::CloudFormation, text, &[("Stag", "x")]);
    assert!(problems[0].hint.contains("did you mean `Stage`"), "{}", problems[0]);
    let problems = refused(Language::CloudFormation, text, &[("Stage", "qa")]);
    assert!(problems[0].hint.contains("dev, prod"), "{}", problems[0]);
}

#[test]
fn names_that_depend_on_themselves_and_expressions_that_explode_are_problems() {
    let cycle = "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'x-${B.QueueName}'}}\n  \
                 B: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'x-${A.QueueName}'}}\n  \
                 F: {Type: AWS::Lambda::Function, Properties: {DeadLetterConfig: {TargetArn: !Sub '${A.Arn}-x'}}}\n";
    let problems = refused(Language::CloudFormation, cycle, &[]);
    assert!(problems[0].message.contains("depends on itself"), "{}", problems[0]);
    let mut text =
        "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {DeadLetterConfig: {TargetArn: \
                    !Sub '${Q0.Arn}-x'}}}\n"
            .to_owned();
    for n in 0..60 {
        let next = format!("${{Q{0}.QueueName}}${{Q{0}.QueueName}}", n + 1);
        text = format!("{text}  Q{n}: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Sub '{next}'}}}}\n");
    }
    text += "  Q60: {Type: AWS::SQS::Queue}\n";
    let problems = refused(Language::CloudFormation, &text, &[]);
    assert!(problems[0].message.contains("more than 65536 bytes"), "{}", problems[0]);
}

#[test]
fn plain_cloudformation_in_json_is_read_with_all_its_resources() {
    let text = r#"{
  "Resources": {
    "Dead": { "Type": "AWS::SQS::Queue", "Properties": { "MessageRetentionPeriod": 600 } },
    "Bus": { "Type": "AWS::Events::EventBus", "Properties": { "Name": "orders" } },
    "Keep": { "Type": "AWS::S3::Bucket", "Properties": { "NotificationConfiguration": { "LambdaConfigurations": [
      { "Event": "s3:ObjectCreated:*", "Function": { "Fn::GetAtt": ["Ship", "Arn"] } } ] } } },
    "Ship": {
      "Type": "AWS::Lambda::Function",
      "Properties": { "MemorySize": "512", "Architectures": ["arm64"], "ReservedConcurrentExecutions": 5,
        "DeadLetterConfig": { "TargetArn": { "Fn::GetAtt": "Dead.Arn" } }, "RecursiveLoop": "Allow" }
    },
    "Bill": { "Type": "AWS::Lambda::Function", "Properties": { "FunctionName": "bill-them" } },
    "Live": { "Type": "AWS::Lambda::Alias", "Properties": { "FunctionName": { "Ref": "Ship" }, "Name": "live",
      "ProvisionedConcurrencyConfig": { "ProvisionedConcurrentExecutions": 2 } } },
    "Async": { "Type": "AWS::Lambda::EventInvokeConfig", "Properties": { "FunctionName": { "Ref": "Live" },
      "Qualifier": "live", "MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 120, "DestinationConfig": {
      "OnSuccess": { "Destination": { "Fn::GetAtt": ["Bus", "Arn"] } },
      "OnFailure": { "Destination": "arn:aws:lambda:us-east-1:123456789012:function:bill-them:live" } } } },
    "Topic": { "Type": "AWS::SNS::Topic" },
    "S1": { "Type": "AWS::SNS::Subscription", "Properties": { "Protocol": "lambda",
      "Endpoint": { "Fn::GetAtt": ["Ship", "Arn"] }, "TopicArn": { "Ref": "Topic" } } },
    "S2": { "Type": "AWS::SNS::Subscription", "Properties": { "Protocol": "lambda",
      "Endpoint": { "Fn::GetAtt": ["Bill", "Arn"] }, "TopicArn": { "Ref": "Topic" } } },
    "S3": { "Type": "AWS::SNS::Subscription", "Properties": { "Protocol": "email", "Endpoint": "a@b",
      "TopicArn": { "Ref": "Topic" } } },
    "Nightly": { "Type": "AWS::Events::Rule", "Properties": { "ScheduleExpression": "rate(10 minutes)",
      "Targets": [ { "Id": "1", "Arn": { "Fn::GetAtt": ["Bill", "Arn"] },
        "RetryPolicy": { "MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 300 } } ] } },
    "Mapping": { "Type": "AWS::Lambda::EventSourceMapping", "Properties": { "FunctionName": { "Ref": "Ship" } } },
    "Table": { "Type": "AWS::DynamoDB::Table" },
    "Role": { "Type": "AWS::IAM::Role" }
  }
}"#;
    let imported = cloudformation(text, &[]);
    let expected = [
        ("/functions/Ship/MemorySize", "512"),
        ("/functions/Ship/Architectures", "[\"arm64\"]"),
        ("/functions/Ship/ReservedConcurrentExecutions", "5"),
        ("/functions/Ship/RecursiveLoop", "\"Allow\""),
        ("/functions/Ship/DeadLetterConfig/TargetArn", "\"Dead\""),
        ("/functions/Ship/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions", "2"),
        ("/functions/Ship/EventInvokeConfig/MaximumRetryAttempts", "1"),
        ("/functions/Ship/EventInvokeConfig/MaximumEventAgeInSeconds", "120"),
        ("/functions/Ship/EventInvokeConfig/DestinationConfig/OnSuccess/Destination", "\"Bus\""),
        ("/functions/Ship/EventInvokeConfig/DestinationConfig/OnFailure/Destination", "\"Bill\""),
        ("/destinations/Dead/sqs/MessageRetentionPeriod", "600"),
        ("/destinations/Bill/lambda/FunctionName", "\"Bill\""),
        ("/sources/Keep/to", "\"Ship\""),
        ("/sources/Topic/to", "[\"Ship\",\"Bill\"]"),
        ("/sources/Nightly/arrivals/constant/every", "\"10m\""),
        ("/sources/Nightly/eventbridge/RetryPolicy/MaximumRetryAttempts", "3"),
    ];
    for (pointer, json) in expected {
        assert_eq!(value(&imported, pointer).to_string(), json, "{pointer}");
    }
    says(&imported, Verdict::Ignored, "an event source mapping polls");
    says(&imported, Verdict::Ignored, "AWS::DynamoDB::Table");
    says(&imported, Verdict::Assumed, "go through `live`");
    says(&imported, Verdict::Taken, "functions.Ship.EventInvokeConfig.MaximumRetryAttempts = 1");
    assert!(
        imported.scenario.contains("\"MaximumRetryAttempts\": 1, // t:16 Async"),
        "{}",
        imported.scenario
    );
}

#[test]
fn sam_events_become_sources_or_say_why_not() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Timeout: 20
    EventInvokeConfig: {MaximumRetryAttempts: 0, DestinationConfig: {OnFailure: {Type: SQS}}}
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Bucket: {Type: AWS::S3::Bucket}
  Gone: {Type: AWS::Serverless::Function, Condition: Never}
  F:
    Type: AWS::Serverless::Function
    Properties:
      EventInvokeConfig: {MaximumEventAgeInSeconds: 90}
      Events:
        Up: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: 's3:*'}}
        Msg: {Type: SNS, Properties: {Topic: !Ref Topic}}
        Queued: {Type: SNS, Properties: {Topic: !Ref Topic, SqsSubscription: true}}
        Rule: {Type: EventBridgeRule, Properties: {Pattern: {source: [x]}, RetryPolicy: {MaximumRetryAttempts: 5}}}
        Tick: {Type: Schedule, Properties: {Schedule: cron(0 3 * * ? *)}}
        Tock: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}
        Off: {Type: Schedule, Properties: {Schedule: rate(1 minute), Enabled: false}}
        Logs: {Type: CloudWatchLogs, Properties: {LogGroupName: x}}
        Things: {Type: IoTRule, Properties: {Sql: x}}
        Queue: {Type: SQS, Properties: {Queue: !Sub 'arn:x'}}
        Get: {Type: HttpApi}
        Odd: {Type: Teapot}
Conditions: {Never: !Equals [a, b]}
";
    let imported = cloudformation(text, &[]);
    let expected = [
        ("/functions/F/Timeout", "20"),
        ("/functions/F/EventInvokeConfig/MaximumRetryAttempts", "0"),
        ("/functions/F/EventInvokeConfig/MaximumEventAgeInSeconds", "90"),
        ("/functions/F/EventInvokeConfig/DestinationConfig/OnFailure/Destination", "\"F-on-failure\""),
        ("/sources/F-Tick/arrivals/times", "[\"1m\"]"),
        ("/sources/F-Tock/arrivals/constant/every", "\"1m\""),
        ("/sources/F-Rule/eventbridge/RetryPolicy/MaximumRetryAttempts", "5"),
        ("/sources/Topic/to", "\"F\""),
    ];
    for (pointer, json) in expected {
        assert_eq!(value(&imported, pointer).to_string(), json, "{pointer}");
    }
    let mut sources: Vec<&str> =
        imported.application.sources.iter().map(|source| source.name.as_str()).collect();
    sources.sort_unstable();
    assert_eq!(sources, ["Bucket", "F-Logs", "F-Rule", "F-Things", "F-Tick", "F-Tock", "Topic"]);
    for words in [
        "Queued: a queue stands between",
        "Off: it is disabled",
        "Queue: SQS is polled",
        "Get: HttpApi calls it synchronously",
        "Odd: its type `Teapot` is not known",
        "condition `Never` does not hold",
    ] {
        says(&imported, Verdict::Ignored, words);
    }
    says(&imported, Verdict::Assumed, "SAM makes a queue of its own");
    says(&imported, Verdict::Assumed, "one event is sent after a minute");
    assert!(imported.scenario.contains("\"Timeout\": 20, // t:5 Globals.Function"), "{}", imported.scenario);
}

#[test]
fn topics_and_buses_that_take_outcomes_get_subscribers() {
    let text = "
Resources:
  Done: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: lambda, Endpoint: !GetAtt Tell.Arn}]}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: b}}
  Rule: {Type: AWS::Events::Rule, Properties: {EventBusName: !Ref Bus, Targets: [{Arn: !GetAtt Case.Arn, Id: a}]}}
  Tell: {Type: AWS::Serverless::Function}
  Case: {Type: AWS::Serverless::Function}
  F:
    Type: AWS::Serverless::Function
    Properties:
      EventInvokeConfig:
        DestinationConfig:
          OnSuccess: {Type: SNS, Destination: !Ref Done}
          OnFailure: {Type: EventBridge, Destination: !GetAtt Bus.Arn}
";
    let imported = cloudformation(text, &[]);
    assert_eq!(value(&imported, "/destinations/Done/sns/subscribers").to_string(), "[\"Tell\"]");
    assert_eq!(value(&imported, "/destinations/Bus/eventbridge/subscribers").to_string(), "[\"Case\"]");
    assert_eq!(imported.application.sources.len(), 1, "only F's callers");
    says(&imported, Verdict::Assumed, "whatever its pattern");
}

#[test]
fn what_cdk_synthesizes_has_the_names_of_its_constructs() {
    let text = r#"{ "Resources": {
      "ShipF1A2": { "Type": "AWS::Lambda::Function", "Metadata": { "aws:cdk:path": "Shop/Ship/Resource" } },
      "UploadsB3C4": { "Type": "AWS::S3::Bucket", "Metadata": { "aws:cdk:path": "Shop/Uploads/Resource" } },
      "HandlerD5": { "Type": "AWS::Lambda::Function" },
      "NoteE6": { "Type": "Custom::S3BucketNotifications", "Properties": {
        "ServiceToken": { "Fn::GetAtt": ["HandlerD5", "Arn"] }, "BucketName": { "Ref": "UploadsB3C4" },
        "NotificationConfiguration": { "LambdaFunctionConfigurations": [
          { "Events": ["s3:ObjectCreated:*"], "LambdaFunctionArn": { "Fn::GetAtt": ["ShipF1A2", "Arn"] } } ] } } } } }"#;
    let imported = cloudformation(text, &[]);
    assert_eq!(value(&imported, "/sources/Uploads/to"), "Ship");
    says(&imported, Verdict::Ignored, "CloudFormation calls it during deployments only");
    assert_eq!(imported.application.functions.len(), 1, "the handler of the deployment is left out");
}

#[test]
fn what_lambda_refuses_is_refused_with_its_place() {
    let function = |properties: &str| {
        format!(
            "Resources:\n  Q: {{Type: AWS::SQS::Queue, Properties: {{FifoQueue: true}}}}\n  B: {{Type: AWS::S3::Bucket}}\n  \
             T: {{Type: AWS::DynamoDB::Table}}\n  N: {{Type: AWS::SQS::Queue, Condition: No}}\n  \
             F: {{Type: AWS::Serverless::Function, Properties: {{{properties}}}}}\nConditions: {{No: !Equals [a, b]}}\n"
        )
    };
    let cases = [
        ("DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Q.Arn}", "which is FIFO"),
        ("DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt B.Arn}", "of kind s3: Lambda refuses"),
        ("DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt N.Arn}", "does not exist under these parameters"),
        ("DeadLetterQueue: {Type: SQS, TargetArn: somewhere}", "neither an ARN nor a resource"),
        ("DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Nobody.Arn}", "no resource `Nobody`"),
        (
            "EventInvokeConfig: {DestinationConfig: {OnSuccess: {Type: S3, Destination: !GetAtt B.Arn}}}",
            "of kind s3: Lambda refuses",
        ),
        (
            "EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt T.Arn}}}",
            "outcomes cannot go there",
        ),
        ("EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: Lambda}}}", "has no Destination"),
        ("EventInvokeConfig: {MaximumRetryAttempts: 3}", "MaximumRetryAttempts"),
        ("Events: {E: {Type: Schedule, Properties: {Schedule: soon}}}", "`soon` is not a schedule"),
    ];
    for (properties, message) in cases {
        let problems = refused(Language::CloudFormation, &function(properties), &[]);
        assert!(problems[0].message.contains(message), "{properties}: {}", problems[0]);
        assert_eq!(problems[0].origin.line, 6, "{properties}: {}", problems[0]);
    }
}

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

fn terraform(text: &str, parameters: &[(&str, &str)]) -> Imported {
    accepted(Language::Terraform, text, parameters)
}

/// A configuration with one function whose `timeout` is an expression.
fn with_tf_timeout(expression: &str) -> String {
    format!(
        "variable \"size\" {{\n  default = 7\n}}\nvariable \"open\" {{}}\nvariable \"stages\" {{\n  default = {{ dev = 11, prod = 12 }}\n}}\n\
         locals {{\n  stage = \"dev\"\n  twice = var.size * 2\n  loop = local.pool\n  pool = local.loop\n}}\n\
         resource \"aws_lambda_function\" \"f\" {{\n  timeout = {expression}\n}}\n"
    )
}

#[test]
fn terraform_s_expressions_are_worked_out() {
    let cases = [
        ("9", "9"),
        ("\"9\"", "9"),
        ("var.size", "7"),
        ("local.twice", "14"),
        ("\"${var.size}\"", "7"),
        ("\"1${var.size}\"", "17"),
        ("var.stages[local.stage]", "11"),
        ("var.stages.prod", "12"),
        ("local.stage == \"dev\" ? 1 : 2", "1"),
        ("!(var.size > 7) && true ? 3 : 4", "3"),
        ("lookup(var.stages, \"qa\", 13)", "13"),
        ("try(var.open, 8)", "8"),
        ("coalesce(null, 5)", "5"),
        ("tonumber(\"6\")", "6"),
        ("[4, 5][1]", "5"),
        ("length([1, 2, 3])", "3"),
        ("(var.size + 3) / 2 - 1", "4"),
    ];
    for (expression, expected) in cases {
        let imported = terraform(&with_tf_timeout(expression), &[]);
        assert_eq!(value(&imported, "/functions/f/Timeout").to_string(), expected, "{expression}");
    }
    let given = terraform(&with_tf_timeout("var.open"), &[("open", "5")]);
    assert_eq!(value(&given, "/functions/f/Timeout"), 5);
    let given = terraform(&with_tf_timeout("var.stages.dev"), &[("stages", "{\"dev\": 21}")]);
    assert_eq!(value(&given, "/functions/f/Timeout"), 21);
    let given = terraform(
        &with_tf_timeout("data.aws_ssm_parameter.t.value"),
        &[("data.aws_ssm_parameter.t.value", "5")],
    );
    assert_eq!(value(&given, "/functions/f/Timeout"), 5);
}

#[test]
fn what_terraform_leaves_open_is_a_problem_that_names_the_remedy() {
    let cases = [
        ("var.open", "has no default", "--parameter 'open=VALUE'"),
        ("var.nobody", "no variable `nobody`", "plain value"),
        ("local.loop", "depends on itself", "plain value"),
        (
            "data.aws_ssm_parameter.t.value",
            "only when it is deployed",
            "'data.aws_ssm_parameter.t.value=VALUE'",
        ),
        ("module.limits.timeout", "only when it is deployed", "'module.limits.timeout=VALUE'"),
        ("each.value", "known to a plan only", "plain value"),
        ("file(\"x\")", "function `file`", "plain value"),
        ("[for x in [1] : x][0]", "a `for` makes it", "plain value"),
        ("var.stages.qa", "no `qa` in it", "plain value"),
        ("\"soon\"", "not a whole number", "whole number"),
        ("901", "must be 1..900", "docs/scenario.md"),
    ];
    for (expression, message, hint) in cases {
        let problems = refused(Language::Terraform, &with_tf_timeout(expression), &[]);
        let [problem] = problems.as_slice() else { panic!("{expression}: {problems:?}") };
        assert!(problem.message.contains(message), "{expression}: {problem}");
        assert!(problem.hint.contains(hint), "{expression}: {problem}");
        let place = (problem.origin.line, problem.origin.resource.as_str());
        assert_eq!(place, (15, "aws_lambda_function.f"), "{expression}");
    }
}

#[test]
fn terraform_s_resources_are_read_and_what_makes_several_is_noted() {
    let text = r#"
resource "aws_lambda_function" "ship" {
  function_name = "ship-it"
  reserved_concurrent_executions = -1
  dead_letter_config { target_arn = aws_sqs_queue.dead[0].arn }
}
resource "aws_lambda_function" "bill" {}
resource "aws_sqs_queue" "dead" {
  count                     = 1
  message_retention_seconds = 600
}
resource "aws_sqs_queue" "none" { count = 0 }
resource "aws_lambda_function" "many" { for_each = toset(["a", "b"]) }
resource "aws_lambda_function" "some" { count = 3 }
module "more" { source = "./more" }
resource "aws_lambda_function_event_invoke_config" "ship" {
  function_name = "ship-it"
  qualifier     = "live"
  destination_config {
    on_failure { destination = "arn:aws:sqs:eu-west-1:1:elsewhere" }
  }
}
resource "aws_lambda_provisioned_concurrency_config" "ship" {
  function_name = aws_lambda_function.ship.function_name
  provisioned_concurrent_executions = 2
}
resource "aws_lambda_function_recursion_config" "ship" {
  function_name  = aws_lambda_function.ship.function_name
  recursive_loop = "Allow"
}
resource "aws_sns_topic" "orders" {}
resource "aws_sns_topic_subscription" "ship" {
  topic_arn = aws_sns_topic.orders.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.ship.arn
}
resource "aws_cloudwatch_event_rule" "tick" { schedule_expression = "rate(5 minutes)" }
resource "aws_cloudwatch_event_target" "tick" {
  rule = aws_cloudwatch_event_rule.tick.name
  arn  = aws_lambda_function.bill.arn
  retry_policy { maximum_retry_attempts = 4 }
}
resource "aws_lambda_event_source_mapping" "m" { function_name = aws_lambda_function.bill.arn }
resource "aws_dynamodb_table" "t" {}
"#;
    let imported = terraform(text, &[]);
    let expected = [
        ("/functions/ship/DeadLetterConfig/TargetArn", "\"dead\""),
        ("/functions/ship/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions", "2"),
        ("/functions/ship/RecursiveLoop", "\"Allow\""),
        ("/functions/ship/EventInvokeConfig/DestinationConfig/OnFailure/Destination", "\"elsewhere\""),
        ("/destinations/dead/sqs/MessageRetentionPeriod", "600"),
        ("/sources/orders/to", "\"ship\""),
        ("/sources/tick/arrivals/constant/every", "\"5m\""),
        ("/sources/tick/eventbridge/RetryPolicy/MaximumRetryAttempts", "4"),
    ];
    for (pointer, json) in expected {
        assert_eq!(value(&imported, pointer).to_string(), json, "{pointer}");
    }
    for words in [
        "its `count` is 0",
        "`for_each` makes any number",
        "makes `3` of it",
        "inside of a module",
        "polls for it",
        "aws_dynamodb_table",
    ] {
        says(&imported, Verdict::Ignored, words);
    }
    says(&imported, Verdict::Assumed, "outside of the template");
    assert_eq!(imported.application.functions.len(), 2);
}

#[test]
fn values_files_count_less_than_parameters_and_more_than_defaults() {
    let configuration = file(
        "main.tf",
        "variable \"t\" {\n  default = 1\n}\nresource \"aws_lambda_function\" \"f\" {\n  timeout = var.t\n}\n",
    );
    let values = file("terraform.tfvars", "t = 2\n");
    let both = [configuration, values];
    let read = |options: &Options| import(Language::Terraform, &both, options).expect("fits");
    assert_eq!(value(&read(&Options::default()), "/functions/f/Timeout"), 2);
    assert_eq!(value(&read(&options(&[("t", "3")])), "/functions/f/Timeout"), 3);
}

#[test]
fn a_plan_gives_values_and_its_configuration_the_references() {
    let text = r#"{"format_version":"1.2","planned_values":{"root_module":{
 "resources":[
  {"address":"aws_sqs_queue.dead","mode":"managed","type":"aws_sqs_queue","name":"dead","values":{"name":null,"fifo_queue":false,"message_retention_seconds":600}},
  {"address":"data.aws_region.r","mode":"data","type":"aws_region","name":"r","values":{}},
  {"address":"aws_lambda_function.ship[\"eu\"]","mode":"managed","type":"aws_lambda_function","name":"ship","index":"eu","values":{"timeout":30,"memory_size":256,"reserved_concurrent_executions":-1,"dead_letter_config":[{}]}},
  {"address":"aws_lambda_function_event_invoke_config.c[\"eu\"]","mode":"managed","type":"aws_lambda_function_event_invoke_config","name":"c","index":"eu","values":{"maximum_retry_attempts":1,"destination_config":[{"on_failure":[{}],"on_success":[]}]}}],
 "child_modules":[{"address":"module.cases","resources":[
  {"address":"module.cases.aws_lambda_function.open","mode":"managed","type":"aws_lambda_function","name":"open","values":{"timeout":9}},
  {"address":"module.cases.aws_lambda_function_event_invoke_config.c","mode":"managed","type":"aws_lambda_function_event_invoke_config","name":"c","values":{"maximum_retry_attempts":0}}]}]}},
 "configuration":{"root_module":{"resources":[
  {"address":"aws_lambda_function.ship","mode":"managed","type":"aws_lambda_function","name":"ship","expressions":{"dead_letter_config":[{"target_arn":{"references":["aws_sqs_queue.dead.arn","aws_sqs_queue.dead"]}}]}},
  {"address":"aws_lambda_function_event_invoke_config.c","mode":"managed","type":"aws_lambda_function_event_invoke_config","name":"c","expressions":{
    "function_name":{"references":["aws_lambda_function.ship","each.key"]},
    "destination_config":[{"on_failure":[{"destination":{"references":["module.cases.arn","module.cases"]}}]}]}}],
  "module_calls":{"cases":{"expressions":{"queue":{"references":["aws_sqs_queue.dead.arn"]}},"module":{
    "outputs":{"arn":{"expression":{"references":["aws_lambda_function.open.arn","aws_lambda_function.open"]}}},
    "resources":[{"address":"aws_lambda_function_event_invoke_config.c","mode":"managed","type":"aws_lambda_function_event_invoke_config","name":"c","expressions":{
      "function_name":{"references":["aws_lambda_function.open.function_name"]},
      "destination_config":[{"on_failure":[{"destination":{"references":["var.queue"]}}]}]}}]}}}}}}"#;
    let imported = terraform(text, &[]);
    let expected = [
        ("/functions/ship-eu/Timeout", "30"),
        ("/functions/ship-eu/DeadLetterConfig/TargetArn", "\"dead\""),
        ("/functions/ship-eu/EventInvokeConfig/MaximumRetryAttempts", "1"),
        ("/functions/ship-eu/EventInvokeConfig/DestinationConfig/OnFailure/Destination", "\"cases-open\""),
        ("/functions/cases-open/Timeout", "9"),
        ("/functions/cases-open/EventInvokeConfig/DestinationConfig/OnFailure/Destination", "\"dead\""),
    ];
    for (pointer, json) in expected {
        assert_eq!(value(&imported, pointer).to_string(), json, "{pointer}");
    }
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
}

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
