import JSON
import ServingTestSupport
import Testing

/// Every field of OpenAI's chat completions, and those of other servers, show in the reply or in what the request comes to,
/// or are warned of, or are refused. None is passed over in silence.
@Suite struct FieldCoverageTests {
    private static let base: JSONObject = [
        "thinking_budget": 8, "temperature": 0, "seed": 1, "max_tokens": 300, "min_answer_tokens": 100,
    ]
    /// Long enough for a block of the prefix cache.
    private static let text = String(repeating: "How many are there? ", count: 8)
    private static let tool: JSONValue = ["type": "function", "function": ["name": "f", "parameters": [:]]]

    /// OpenAI's, with values that ask for something else than the default.
    private static let documented: JSONObject = [
        "messages": [["role": "user", "content": "Other"]], "model": "other", "audio": ["voice": "a"],
        "frequency_penalty": 0.5, "function_call": "required", "functions": [["name": "f"]], "logit_bias": ["5": 3],
        "logprobs": true, "max_completion_tokens": 250, "max_tokens": 250, "metadata": ["a": "b"],
        "modalities": ["audio"], "n": 2, "parallel_tool_calls": false,
        "prediction": ["type": "content", "content": "x"], "presence_penalty": 0.5, "prompt_cache_key": "k",
        "prompt_cache_options": ["a": 1], "prompt_cache_retention": "24h", "reasoning_effort": "none",
        "response_format": ["type": "json_object"], "safety_identifier": "s", "seed": 2, "service_tier": "flex",
        "stop": "e", "store": true, "stream": true, "stream_options": ["include_usage": true], "temperature": 0.5,
        "tool_choice": "required", "tools": [tool], "top_logprobs": 2, "top_p": 0.5, "user": "u",
        "verbosity": "low", "web_search_options": [:],
    ]

    /// Those of vLLM, SGLang, llama-server, Ollama, OpenRouter and Model Studio.
    private static let peers: JSONObject = [
        "top_k": 3, "min_p": 0.1, "repetition_penalty": 1.5, "repeat_penalty": 1.5, "stop_token_ids": [7],
        "include_stop_str_in_output": true, "ignore_eos": true, "min_tokens": 3, "prompt_logprobs": 1,
        "skip_special_tokens": false, "bad_words": ["a"], "allowed_token_ids": [1], "best_of": 2, "echo": true,
        "add_generation_prompt": false, "continue_final_message": true, "chat_template": "x", "documents": [["a": "b"]],
        "chat_template_kwargs": ["enable_thinking": false], "guided_json": ["type": "object"], "guided_regex": "a+",
        "guided_choice": ["a", "b"], "guided_grammar": "root ::= \"a\"", "structured_outputs": ["choice": ["a", "b"]],
        "structural_tag": "x", "regex": "a+", "ebnf": "root ::= \"a\"", "grammar": "root ::= \"a\"",
        "json_schema": ["type": "object"], "stop_regex": "a", "enable_thinking": false, "thinking_budget": 4,
        "thinking_token_budget": 4, "thinking_budget_tokens": 4, "reasoning_budget_tokens": 4,
        "reasoning_budget_message": " Enough.", "custom_params": ["thinking_budget": 4], "think": false,
        "thinking": ["type": "disabled"], "reasoning": ["enabled": false], "include_reasoning": false,
        "separate_reasoning": false, "stream_reasoning": false, "reasoning_format": "none", "cache_salt": "s",
        "cache_prompt": false, "max_latency_ms": 0, "thinking_time_ms": 0,
        "return_tokens_as_token_ids": true, "return_progress": true, "id_slot": 3, "n_keep": 4, "mirostat": 2,
        "typical_p": 0.5, "dry_multiplier": 0.8, "xtc_probability": 0.5, "samplers": ["top_k"], "n_probs": 3,
        "keep_alive": "5m", "options": ["num_ctx": 512], "format": "json", "rid": "r", "lora_path": "a",
        "incremental_output": true, "provider": ["order": ["a"]], "transforms": ["a"], "truncate_prompt_tokens": 5,
        "logits_processors": ["a"], "mm_processor_kwargs": ["a": 1], "preserve_thinking": true,
        "tool_call_in_think": "end_thinking", "priority": 2000, "rope_factor": 2,
        "exclude_tools_when_tool_choice_none": true, "close_json_on_length": true,
    ]

    private func body(_ key: String?, _ value: JSONValue?) -> JSONValue {
        var members = Self.base
        if let key { members[key] = value }
        return APIClient.chat(members, text: Self.text).replacing(key, by: value)
    }

    /// What a client sees of a reply, but for what is another in every reply, and for warnings.
    private func seen(_ reply: Reply) -> String {
        guard case .object(var object)? = try? reply.json else { return reply.text }
        for key in ["id", "created", "timings", "warnings"] { object[key] = nil }
        return JSONValue.object(object).serialized()
    }

    private func warned(_ reply: Reply, of key: String) throws -> Bool {
        try reply.json["warnings"]?.arrayValue?.contains { warning in
            let parameter = warning["param"]?.stringValue ?? ""
            return parameter == key || parameter.hasPrefix(key + ".") || parameter.hasPrefix(key + "[")
        } ?? false
    }

    @Test(arguments: [documented, peers]) func noFieldIsPassedOverInSilence(fields: JSONObject) async throws {
        let client = try APIClient.endlessThinker()
        _ = try await client.chat(body(nil, nil))
        let plain = seen(try await client.chat(body(nil, nil)))
        let preview = seen(try await client.post("/v1/chat/completions?dry_run=1", body(nil, nil)))
        #expect(seen(try await client.chat(body(nil, nil))) == plain)
        // The name that /abort_request knows a reply by: AbortTests.
        for (key, value) in fields where key != "rid" {
            let reply = try await client.chat(body(key, value))
            if reply.status >= 400 {
                #expect(reply.status < 500 || reply.status == 504, "\(key): \(reply.text)")
                continue
            }
            if reply.response.isStreamed || seen(reply) != plain { continue }
            if try warned(reply, of: key) { continue }
            let other = seen(try await client.post("/v1/chat/completions?dry_run=1", body(key, value)))
            let shows = other != preview
            #expect(shows, "\(key) is passed over in silence")
        }
    }

    @Test(arguments: [documented, peers]) func strictRequestsAreRefusedForWhatOthersAreWarnedOf(
        fields: JSONObject
    ) async throws {
        let client = try APIClient.endlessThinker()
        for (key, value) in fields where key != "stream" {
            let reply = try await client.chat(body(key, value))
            guard reply.status == 200, try reply.json["warnings"] != nil else { continue }
            let strict = try await client.chat(body(key, value).adding("strict", true))
            #expect(strict.status == 400, "\(key)")
            #expect(try strict.error("code") == "unsupported_value")
        }
    }
}

extension JSONValue {
    /// An object with one member replaced.
    fileprivate func replacing(_ key: String?, by value: JSONValue?) -> JSONValue {
        guard let key, case .object(var object) = self else { return self }
        object[key] = value
        return .object(object)
    }
}
