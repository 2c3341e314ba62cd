package import JSON
package import TestSupport
import Testing

extension JSONObject {
    /// The same with other members, which take the place of those of their names.
    package func merging(_ others: JSONObject) -> JSONObject {
        var merged = self
        for (key, value) in others {
            merged[key] = value
        }
        return merged
    }
}

extension JSONValue {
    /// An object with a further member.
    package func adding(_ key: String, _ value: JSONValue) throws -> JSONValue {
        var object = try #require(objectValue)
        object[key] = value
        return .object(object)
    }
}

/// Values of random kinds under the keys that API requests use.
package enum RandomJSON {
    private static let keys = [
        "messages", "model", "system", "thinking", "think", "tools", "tool_choice", "stop_sequences", "stream",
        "options", "temperature", "max_tokens", "format", "keep_alive", "prompt", "raw", "output_config", "metadata",
        "role", "content", "type", "text", "function", "name", "arguments", "tool_calls", "id", "input", "input_schema",
        "tool_use_id", "budget_tokens", "num_predict", "seed", "stop", "top_k", "images", "source", "data", "suffix",
        "disable_parallel_tool_use", "context", "template", "top_p", "min_p", "max_completion_tokens", "n",
        "stop_token_ids", "stream_options", "logprobs", "top_logprobs", "presence_penalty", "frequency_penalty",
        "repetition_penalty", "logit_bias", "parallel_tool_calls", "response_format", "reasoning_effort",
        "enable_thinking", "chat_template_kwargs", "ignore_eos", "min_tokens", "echo", "best_of", "tokens",
        "functions", "reasoning", "add_generation_prompt", "continue_final_message", "strict", "audio", "modalities",
        "instructions", "include", "previous_response_id", "store", "max_output_tokens", "include_usage", "effort",
        "enabled", "reasoning_content", "0", "7", "-1", "preserve_thinking", "custom_params", "thinking_budget",
        "priority",
        "continuous_usage_stats", "output_format", "schema", "thinking_token_budget", "min_answer_tokens",
        "prompt_logprobs", "reasoning_logprobs", "return_progress", "return_effective", "stop_scope", "penalty_scope",
        "logit_bias_scope",
        "raw",
        "keep_alive", "grammar", "ebnf", "regex", "json_schema", "structured_outputs", "guided_json", "guided_grammar",
        "guided_regex", "guided_choice", "guided_json_object", "n_predict", "json", "choice", "properties", "required",
        "items", "enum", "const", "pattern", "anyOf", "not", "if", "then", "minLength", "maxItems", "contains",
        "uniqueItems", "patternProperties", "propertyNames", "multipleOf", "$ref",
    ]

    private static let strings = [
        "", "user", "assistant", "tool", "system", "text", "tool_use", "tool_result", "thinking", "enabled",
        "disabled", "auto", "none", "low", "document", "function", "test-model", "Hi", "{}", "\u{0}", "<|im_end|>",
        "日本", "image_url", "root ::= \"a\"* [b-", "root ::= root | \"x\"{3,}", "[a-c]{2,5}|(x", "string", "integer",
        "object", "array", "number", "#", "json_schema", "json_object",
    ]

    /// A body with one to four further members of random kinds.
    package static func body(_ base: JSONObject, depth: Int = 4, _ random: inout SeededGenerator) -> JSONObject {
        var body = base
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            body[keys[Int.random(in: keys.indices, using: &random)]] = value(depth: depth, &random)
        }
        return body
    }

    package static func value(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .number(Int.random(in: -3...30, using: &random))
        case 3: return .number([Int.max, Int.min, 1 << 40][Int.random(in: 0..<3, using: &random)])
        case 4: return .number([0.5, -0.0, 1e300, 2.0, 1e-300][Int.random(in: 0..<5, using: &random)])
        case 5, 6: return .string(strings[Int.random(in: strings.indices, using: &random)])
        case 7: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth - 1, &random) })
        default:
            var object: JSONObject = [:]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                object[keys[Int.random(in: keys.indices, using: &random)]] = value(depth: depth - 1, &random)
            }
            return .object(object)
        }
    }
}
