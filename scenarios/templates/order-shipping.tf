# The function of order-shipping.yaml in Terraform: `thirdtry import terraform` reads it as it is, and a plan of it
# (`terraform show -json`) as well.

variable "retries" {
  description = "How often Lambda runs a failed order again"
  type        = number
  default     = 2
}

locals {
  architectures = ["arm64"]
}

resource "aws_s3_bucket" "Orders" {
  bucket_prefix = "orders-"
}

resource "aws_sqs_queue" "Shipped" {
  message_retention_seconds = 24 * 3600
}

resource "aws_lambda_function" "ShipOrder" {
  function_name                  = "ShipOrder"
  role                           = aws_iam_role.lambda.arn
  filename                       = "ship.zip"
  handler                        = "app.ship"
  runtime                        = "python3.13"
  timeout                        = 10
  memory_size                    = 256
  architectures                  = local.architectures
  reserved_concurrent_executions = 20
}

resource "aws_lambda_function" "OpenCase" {
  function_name = "OpenCase"
  role          = aws_iam_role.lambda.arn
  filename      = "cases.zip"
  handler       = "app.open_case"
  runtime       = "python3.13"
  timeout       = 30
  memory_size   = 256
  architectures = local.architectures
}

resource "aws_lambda_function_event_invoke_config" "ship" {
  function_name                = aws_lambda_function.ShipOrder.function_name
  maximum_retry_attempts       = var.retries
  maximum_event_age_in_seconds = 3600

  destination_config {
    on_success {
      destination = aws_sqs_queue.Shipped.arn
    }
    on_failure {
      destination = aws_lambda_function.OpenCase.arn
    }
  }
}

resource "aws_s3_bucket_notification" "new_order" {
  bucket = aws_s3_bucket.Orders.id

  lambda_function {
    lambda_function_arn = aws_lambda_function.ShipOrder.arn
    events              = ["s3:ObjectCreated:*"]
  }
}

resource "aws_lambda_permission" "orders" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.ShipOrder.function_name
  principal     = "s3.amazonaws.com"
  source_arn    = aws_s3_bucket.Orders.arn
}

resource "aws_iam_role" "lambda" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Action    = "sts:AssumeRole"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}
