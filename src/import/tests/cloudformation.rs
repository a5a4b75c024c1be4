//! Resources of CloudFormation, SAM and CDK.

use super::super::Language;
use super::super::book::{Note, Verdict};
use super::{cloudformation, refused, says, source_names, value};

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

/// Goal: a polled queue that shows a message again too early is told, with AWS's advice; a sound one is not.
#[test]
fn queues_that_show_a_message_again_too_early_are_told() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Short: {Type: AWS::SQS::Queue}
  Named: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, VisibilityTimeout: 60}}
  Sound: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 600}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 45
      Events:
        A: {Type: SQS, Properties: {Queue: !GetAtt Short.Arn}}
        B: {Type: SQS, Properties: {Queue: !GetAtt Sound.Arn}}
        C: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: !Ref F, EventSourceArn: 'arn:aws:sqs:us-east-1:123456789012:jobs'}
";
    let imported = cloudformation(text, &[]);
    says(
        &imported,
        Verdict::Ignored,
        "the queue Short hides a message for 30 s (VisibilityTimeout), Timeout of F is 45 s: a message comes back while",
    );
    says(
        &imported,
        Verdict::Ignored,
        "the queue Named hides a message for 60 s (VisibilityTimeout), Timeout of F is 45 s: a message whose run is throttled",
    );
    let told = imported.notes.iter().filter(|note| note.text.contains("VisibilityTimeout")).count();
    assert_eq!(told, 2);
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
        ("DeadLetterQueue: {Type: SQS, TargetArn: !Ref Q}", "TargetArn is not the ARN of `Q`"),
        (
            "EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Q.QueueName}}}",
            "OnFailure.Destination is not the ARN of `Q`",
        ),
        (
            "EventInvokeConfig: {DestinationConfig: {OnSuccess: {Type: Lambda, Destination: !Ref F}}}",
            "OnSuccess.Destination is not the ARN of `F`",
        ),
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

#[test]
fn what_is_switched_off_is_no_source() {
    let text = "
Resources:
  F: {Type: AWS::Lambda::Function}
  Rule: {Type: AWS::Events::Rule, Properties: {State: DISABLED, Targets: [{Arn: !GetAtt F.Arn, Id: a}]}}
  Daily: {Type: AWS::Scheduler::Schedule, Properties: {State: DISABLED, Target: {Arn: !GetAtt F.Arn}}}
  Mail:
    Type: AWS::SES::ReceiptRule
    Properties: {Rule: {Enabled: false, Actions: [{LambdaAction: {FunctionArn: !GetAtt F.Arn}}]}}
  Things:
    Type: AWS::IoT::TopicRule
    Properties: {TopicRulePayload: {RuleDisabled: true, Actions: [{Lambda: {FunctionArn: !GetAtt F.Arn}}]}}
";
    let imported = cloudformation(text, &[]);
    assert_eq!(source_names(&imported), ["F-callers"]);
    for resource in ["Rule", "Daily", "Mail", "Things"] {
        let told = |note: &Note| {
            note.verdict == Verdict::Ignored
                && note.origin.resource == resource
                && note.text == "it is disabled"
        };
        assert!(imported.notes.iter().any(told), "{resource}");
    }
    let on = text.replace("DISABLED", "ENABLED").replace("Enabled: false", "Enabled: true");
    let imported = cloudformation(&on.replace("RuleDisabled: true", "RuleDisabled: false"), &[]);
    assert_eq!(source_names(&imported), ["Daily", "Mail", "Things", "Rule"]);
}

#[test]
fn what_is_said_of_a_caller_and_not_simulated_is_noted() {
    let text = "
Resources:
  Q: {Type: AWS::SQS::Queue}
  T: {Type: AWS::SNS::Topic}
  S:
    Type: AWS::SNS::Subscription
    Properties:
      {Protocol: lambda, TopicArn: !Ref T, Endpoint: !GetAtt F.Arn, RedrivePolicy: {deadLetterTargetArn: !GetAtt Q.Arn}}
  Daily:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(0 3 * * ? *)
      ScheduleExpressionTimezone: Europe/Berlin
      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: 15}
      Target: {Arn: !GetAtt F.Arn, DeadLetterConfig: {Arn: !GetAtt Q.Arn}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Targets:
        - {Id: a, Arn: !GetAtt F.Arn, RetryPolicy: {MaximumRetryAttempts: 3}}
        - {Id: b, Arn: !GetAtt G.Arn}
  F: {Type: AWS::Lambda::Function}
  G: {Type: AWS::Lambda::Function}
";
    let imported = cloudformation(text, &[]);
    says(&imported, Verdict::Ignored, "RedrivePolicy of a subscription");
    says(&imported, Verdict::Ignored, "DeadLetterConfig of a rule or schedule");
    says(&imported, Verdict::Ignored, "not that of the rule's first target");
    says(&imported, Verdict::Assumed, "in `Europe/Berlin`, are taken for hours in UTC");
    says(&imported, Verdict::Assumed, "not up to 15 minutes later");
    assert_eq!(value(&imported, "/sources/Rule/eventbridge/RetryPolicy/MaximumRetryAttempts"), 3);
}

#[test]
fn who_may_invoke_a_function_that_nothing_else_does_is_taken_for_its_caller() {
    let text = "
Resources:
  F: {Type: AWS::Lambda::Function}
  G: {Type: AWS::Lambda::Function}
  H: {Type: AWS::Lambda::Function}
  MayF: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Principal: s3.amazonaws.com}}
  MayG: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !GetAtt G.Arn, Principal: config.amazonaws.com}}
  MayH: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref H, Principal: '123456789012'}}
";
    let imported = cloudformation(text, &[]);
    assert!(value(&imported, "/sources/F-callers").get("s3").is_some());
    assert!(value(&imported, "/sources/G-callers").get("direct").is_some());
    says(&imported, Verdict::Assumed, "F: s3.amazonaws.com invokes it, as a permission says");
    says(&imported, Verdict::Assumed, "G: config.amazonaws.com invokes it, as a permission says");
    says(&imported, Verdict::Assumed, "H: callers with an SDK invoke it");
}

#[test]
fn versions_log_filters_and_own_subscriptions_of_topics_are_read() {
    let text = "
Resources:
  F: {Type: AWS::Lambda::Function}
  V:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref F, ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 4}}
  Later:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref F, ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 9}}
  C:
    Type: AWS::Lambda::EventInvokeConfig
    Properties: {FunctionName: !Ref F, Qualifier: !GetAtt V.Version, MaximumRetryAttempts: 0}
  L: {Type: AWS::Logs::SubscriptionFilter, Properties: {DestinationArn: !GetAtt F.Arn, LogGroupName: x}}
  T:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Protocol: lambda, Endpoint: !Ref V}, {Protocol: email, Endpoint: a@b}]}
";
    let imported = cloudformation(text, &[]);
    let expected = [
        ("/functions/F/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions", "4"),
        ("/functions/F/EventInvokeConfig/MaximumRetryAttempts", "0"),
        ("/sources/T/to", "\"F\""),
    ];
    for (pointer, json) in expected {
        assert_eq!(value(&imported, pointer).to_string(), json, "{pointer}");
    }
    assert_eq!(source_names(&imported), ["L", "T"]);
    says(&imported, Verdict::Assumed, "all events of F go through `V`");
    says(&imported, Verdict::Assumed, "a log group repeats what Lambda does not accept");
    says(&imported, Verdict::Ignored, "another alias or version of the function has some already");
}
