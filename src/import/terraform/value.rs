//! What attributes of Terraform are called in CloudFormation, and how resources are named.

use super::super::tree::{Reference, Value};

/// A reference to an attribute of the resource at `address`.
pub(super) fn reference(address: String, attribute: &str) -> Value {
    let attribute = match attribute {
        "" | "id" | "name" | "function_name" | "bucket" | "url" => "",
        "arn" | "qualified_arn" | "invoke_arn" | "qualified_invoke_arn" | "topic_arn" => "Arn",
        other => other,
    };
    Value::Reference(Reference { to: address, attribute: attribute.to_owned() })
}

/// What a resource is called in the scenario: its name, behind those of its modules, before its index.
pub(super) fn display_name(address: &str) -> String {
    let mut parts = Vec::new();
    let mut rest = address;
    while let Some(behind) = rest.strip_prefix("module.") {
        let end = end_of_step(behind);
        parts.push(plain(&behind[..end]));
        rest = behind[end..].trim_start_matches('.');
    }
    let name = rest.split_once('.').map_or(rest, |(_, name)| name);
    parts.push(plain(name));
    parts.join("-")
}

/// Where the first step of an address ends; dots inside of an index do not count.
fn end_of_step(address: &str) -> usize {
    let mut inside = false;
    let end = address.char_indices().find(|(_, c)| {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        *c == '.' && !inside
    });
    end.map_or(address.len(), |(at, _)| at)
}

/// `ship["a"]` is `ship-a`.
fn plain(step: &str) -> String {
    step.chars().filter(|c| !matches!(c, '"' | ']')).map(|c| if c == '[' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_tell_modules_and_instances_apart() {
        let cases = [
            ("aws_lambda_function.ship", "ship"),
            ("aws_lambda_function.ship[0]", "ship-0"),
            ("module.orders.aws_lambda_function.ship", "orders-ship"),
            ("module.orders[\"a.b\"].module.inner.aws_sqs_queue.q[\"x\"]", "orders-a.b-inner-q-x"),
        ];
        for (address, name) in cases {
            assert_eq!(display_name(address), name, "{address}");
        }
    }
}
