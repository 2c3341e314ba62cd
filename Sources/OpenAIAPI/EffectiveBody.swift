internal import APIDoors
internal import JSON
internal import Sampling
internal import Serving
internal import Tokens

/// Writes `effective`: what a request came to, and which field decided it.
struct EffectiveBody: Sendable {
    let settings: EffectiveSettings
    let sources: ReasoningSources
    let delivery: ReasoningDelivery
    let reasoningField: ReasoningFieldName

    func write(to writer: inout JSONWriter) {
        writer.append(key: "effective")
        writer.beginObject()
        writer.append(key: "thinking")
        writer.append(bool: settings.thinks)
        let source = settings.isThinkingTheModels ? "model" : sources.thinking ?? "default"
        writer.append(key: "thinking_source", string: source)
        writer.append(key: "thinking_budget")
        if let budget = settings.thinkingBudget {
            writer.append(int: budget)
        } else {
            writer.appendNull()
        }
        writer.append(key: "thinking_budget_source")
        writer.append(optional: budgetSource)
        writer.append(key: "preserve_thinking", bool: settings.keepsEarlierReasoning)
        writer.append(key: "restored_reasoning", int: settings.restoredReasoningCount)
        writer.append(key: "reasoning_delivery", string: deliveryName)
        writer.append(key: "reasoning_field", string: reasoningField.rawValue)
        writer.append(key: "max_tokens", int: settings.maximumTokens)
        settings.tools.write(to: &writer)
        writer.append(key: "yarn_factor")
        writer.append(double: settings.yarnFactor)
        writer.append(key: "service_tier", string: settings.isBatch ? "flex" : "default")
        writer.append(key: "sampling")
        write(settings.sampling, to: &writer)
        writer.append(key: "stop")
        writer.beginArray()
        settings.stops.strings.forEach { writer.append(string: $0) }
        writer.endArray()
        writer.append(key: "stop_token_ids")
        writer.beginArray()
        settings.stops.tokenIDs.sorted().forEach { writer.append(int: $0.index) }
        writer.endArray()
        writer.append(key: "include_stop_str_in_output", bool: settings.stops.includesStopText)
        writer.append(key: "stop_scope", string: settings.stops.scope.rawValue)
        writer.endObject()
    }

    private var budgetSource: String? {
        guard settings.thinkingBudget != nil else { return nil }
        return settings.isBudgetFromReserve ? "answer_reserve" : sources.budget
    }

    private var deliveryName: String {
        switch delivery {
        case .apart: "separate"
        case .apartAtOnce: "separate_at_once"
        case .inContent: "content"
        case .omitted: "omitted"
        }
    }

    private func write(_ sampling: SamplingParameters, to writer: inout JSONWriter) {
        writer.beginObject()
        for (key, value) in [
            ("temperature", sampling.temperature), ("top_p", sampling.topP), ("min_p", sampling.minP),
            ("presence_penalty", sampling.presencePenalty), ("frequency_penalty", sampling.frequencyPenalty),
            ("repetition_penalty", sampling.repetitionPenalty),
        ] {
            writer.append(key: key)
            writer.append(float: value)
        }
        writer.append(key: "penalty_scope", string: sampling.penaltyScope.rawValue)
        writer.append(key: "logit_bias")
        writer.beginObject()
        for (token, bias) in sampling.logitBias.sorted(by: { $0.key < $1.key }) {
            writer.append(key: String(token.index))
            writer.append(float: bias)
        }
        writer.endObject()
        writer.append(key: "logit_bias_scope", string: sampling.logitBiasScope.rawValue)
        writer.append(key: "top_k", int: sampling.topK)
        // As it was sent: a negative seed is one of the upper half.
        writer.append(key: "seed", int: Int(Int64(bitPattern: sampling.seed)))
        writer.append(key: "min_tokens", int: sampling.minimumTokens)
        writer.append(key: "ignore_eos")
        writer.append(bool: sampling.ignoresEnd)
        writer.endObject()
    }
}

extension ToolMode {
    func write(to writer: inout JSONWriter) {
        let (mode, names): (String, [String]) =
            switch self {
            case .none: ("none", [])
            case .automatic(let names): ("auto", names)
            case .required(let names): ("required", names)
            }
        writer.append(key: "tool_mode", string: mode)
        writer.append(key: "callable_tools")
        writer.beginArray()
        names.forEach { writer.append(string: $0) }
        writer.endArray()
    }
}

/// Which fields of a request decided about thinking; nil where none did.
struct ReasoningSources: Sendable, Hashable {
    var thinking: String?
    var budget: String?
}
