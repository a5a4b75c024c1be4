//! CloudFormation's functions, parameters, mappings and conditions.

use super::super::Language;
use super::{cloudformation, refused, value};

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
