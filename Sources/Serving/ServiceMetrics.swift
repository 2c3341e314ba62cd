public import Engine
public import Telemetry

/// What a model has done so far, as metrics tell it.
public struct ModelReading: Sendable {
    public var name: String
    public var engine: EngineStatistics
    public var incidents: [ReplyIncident: Int]

    public init(name: String, engine: EngineStatistics = EngineStatistics(), incidents: [ReplyIncident: Int] = [:]) {
        self.name = name
        self.engine = engine
        self.incidents = incidents
    }

    /// Of a model as it is now.
    public init(of model: ServedModel) {
        self.init(name: model.name, engine: model.engine.statistics, incidents: model.incidents.values)
    }

    /// As it will be told when the model is gone: the counts, with those of earlier times.
    func asPast(behind earlier: ModelReading?) -> ModelReading {
        var past = self
        past.engine = EngineStatistics()
        past.engine.addCounts(of: engine)
        return earlier.map(past.following) ?? past
    }

    /// With the counts of earlier times, when the model was in memory before.
    func following(_ earlier: ModelReading) -> ModelReading {
        var sum = self
        sum.engine.addCounts(of: earlier.engine)
        sum.incidents.merge(earlier.incidents, uniquingKeysWith: +)
        return sum
    }

    func labels(_ name: String? = nil, _ value: String = "") -> [MetricSample.Label] {
        [MetricSample.Label("model_name", self.name)] + (name.map { [MetricSample.Label($0, value)] } ?? [])
    }
}

/// The metrics of models, by Ponder's own names. docs/metrics.md lists them.
public enum ServiceMetrics {
    /// The families, with a sample of each model.
    public static func families(of models: [ModelReading]) -> [MetricFamily] {
        requests(models) + tokens(models) + work(models) + cache(models) + times(models)
    }

    private static func requests(_ models: [ModelReading]) -> [MetricFamily] {
        [
            gauge("requests_running", "Requests that hold memory of the cache.", models) { $0.runningCount },
            gauge("requests_waiting", "Requests that wait for their turn.", models) { $0.waitingCount },
            gauge("requests_preempted", "Those of them that gave back their memory and are computed again.", models) {
                $0.preemptedCount
            },
            gauge("longest_request_tokens", "Tokens of prompt and reply of the longest request that ended.", models) {
                $0.longestGeneration
            },
            MetricFamily(
                "ponder_requests_finished_total", .counter, "Replies that ended, choice by choice, by what ended them.",
                models.flatMap { model in
                    EngineOutcome.allCases.map {
                        MetricSample(model.engine.outcomes[$0], model.labels("finished_reason", $0.rawValue))
                    }
                }),
            MetricFamily(
                "ponder_disconnect_cancels_total", .counter,
                "Replies whose client went away before they were complete.",
                models.map { MetricSample($0.incidents[.disconnect] ?? 0, $0.labels()) }),
            MetricFamily(
                "ponder_tool_calls_total", .counter, "Calls of tools, by whether their arguments are a JSON object.",
                models.flatMap { model in
                    [true, false].map {
                        MetricSample(model.incidents[.toolCall(isValid: $0)] ?? 0, model.labels("valid", "\($0)"))
                    }
                }),
            MetricFamily(
                "ponder_reasoning_restored_total", .counter,
                "Messages of prompts that got back the reasoning that their client had left out.",
                models.map { MetricSample($0.incidents[.restoredReasoning] ?? 0, $0.labels()) }),
            MetricFamily(
                "ponder_loop_stops_total", .counter, "Loops that the loop guard ended, by where.",
                models.flatMap { model in
                    [
                        ("reasoning", model.engine.reasoningLoopCount), ("content", model.engine.answerLoopCount),
                        ("string", model.engine.stringLoopCount),
                    ].map { MetricSample($0.1, model.labels("place", $0.0)) }
                }),
        ]
    }

    private static func tokens(_ models: [ModelReading]) -> [MetricFamily] {
        [
            counter("prompt_tokens", "Tokens of the prompts of replies that ended.", models) { $0.promptTokenCount },
            counter("prompt_tokens_cached", "Those of them that the prefix cache held.", models) {
                $0.cachedPromptTokenCount
            },
            counter("prefill_tokens", "Prompt tokens computed, again after preemptions too.", models) {
                $0.prefillTokenCount
            },
            counter("generation_tokens", "Tokens generated, reasoning and ends included.", models) {
                $0.generatedTokenCount
            },
            counter("reasoning_tokens", "Tokens of reasoning in replies that ended.", models) {
                $0.reasoningTokenCount
            },
            counter("thinking_budget_hits", "Replies whose thinking a budget or the answer's reserve ended.", models) {
                $0.thinkingBudgetHitCount
            },
            MetricFamily(
                "ponder_generation_tokens_per_second", .gauge,
                "Tokens generated a second, over about the last second; 0 while nothing runs.",
                models.map { MetricSample(.number($0.engine.generationRate), $0.labels()) }),
            counter("speculation_drafts", "Times that tokens were guessed for a reply.", models) { $0.draftCount },
            counter("speculation_draft_tokens", "Tokens guessed and computed ahead.", models) { $0.draftTokenCount },
            counter("speculation_accepted_tokens", "Those of them that were then drawn.", models) {
                $0.acceptedDraftTokenCount
            },
        ]
    }

    private static func work(_ models: [ModelReading]) -> [MetricFamily] {
        [
            counter("steps", "Steps of the engine.", models) { $0.stepCount },
            counter("step_requests", "Requests that steps computed for, added up over the steps.", models) {
                $0.stepGenerationCount
            },
            counter("preemptions", "Requests that gave back their memory for others, to be computed again.", models) {
                $0.preemptionCount
            },
            counter("grammar_masks", "Draws that were held to a form.", models) { $0.maskCount },
            MetricFamily(
                "ponder_grammar_mask_seconds_total", .counter, "Time taken to find what forms allow, in seconds.",
                models.map { MetricSample(.number($0.engine.maskSeconds), $0.labels()) }),
            counter("expert_loads", "Times that an expert's weights were read.", models) { $0.expertLoadCount },
            MetricFamily(
                "ponder_expert_tokens_per_load", .gauge,
                "Rows that shared one reading of an expert's weights, on average.",
                models.map { model in
                    let loads = max(1, model.engine.expertLoadCount)
                    return MetricSample(.number(Double(model.engine.expertRowCount) / Double(loads)), model.labels())
                }),
        ]
    }

    private static func cache(_ models: [ModelReading]) -> [MetricFamily] {
        [
            MetricFamily(
                "ponder_kv_cache_usage_ratio", .gauge, "The part of the key-value cache that requests hold, 0 to 1.",
                models.map { model in
                    let share = Double(model.engine.usedBlockCount) / Double(max(1, model.engine.blockCount))
                    return MetricSample(.number(share), model.labels())
                }),
            gauge("kv_cache_tokens", "Tokens that the blocks which requests hold have room for.", models) {
                $0.usedBlockCount * $0.blockLength
            },
            gauge("kv_cache_blocks", "Blocks of the key-value cache.", models) { $0.blockCount },
            gauge(
                "kv_cache_reusable_blocks", "Blocks that no request holds and whose content can be read again.", models
            ) { $0.cachedBlockCount },
            counter("prefix_cache_queries", "Prompt tokens that were looked up in the prefix cache.", models) {
                $0.cacheQueryTokenCount
            },
            counter("prefix_cache_hits", "Those of them that were found.", models) { $0.cacheHitTokenCount },
            counter("prefill_ahead_tokens", "Tokens of next turns computed before anybody asked for them.", models) {
                $0.aheadTokenCount
            },
            counter("prefill_ahead_hits", "Those of them that were then asked for.", models) {
                $0.aheadHitTokenCount
            },
        ]
    }

    private static func times(_ models: [ModelReading]) -> [MetricFamily] {
        [
            histogram("time_to_first_token_seconds", "From a request to its first token.", models) {
                $0.timeToFirstToken
            },
            histogram("inter_token_latency_seconds", "From one token of a reply to the next.", models) {
                $0.interTokenTime
            },
            histogram("request_seconds", "From a request to the end of its reply.", models) { $0.requestTime },
            histogram("queue_time_seconds", "From a request to its first step.", models) { $0.queueTime },
            histogram("prefill_time_seconds", "From a request's first step to its first token.", models) {
                $0.prefillTime
            },
            histogram("decode_time_seconds", "From a reply's first token to its end.", models) { $0.decodeTime },
            histogram("inference_time_seconds", "From a request's first step to the end of its reply.", models) {
                $0.inferenceTime
            },
            histogram("time_per_output_token_seconds", "Of a reply, the time for each token after the first.", models) {
                $0.outputTokenTime
            },
            histogram("step_seconds", "A step of the engine.", models) { $0.stepTime },
            histogram("step_tokens", "Tokens that a step computes.", models) { $0.stepTokens },
            histogram("request_prompt_tokens", "Tokens of a request's prompt.", models) { $0.promptLength },
            histogram("request_generation_tokens", "Tokens of a reply.", models) { $0.replyLength },
        ]
    }

    private static func counter(
        _ name: String, _ help: String, _ models: [ModelReading], _ value: (EngineStatistics) -> Int
    ) -> MetricFamily {
        MetricFamily("ponder_\(name)_total", .counter, help, models.map { MetricSample(value($0.engine), $0.labels()) })
    }

    private static func gauge(
        _ name: String, _ help: String, _ models: [ModelReading], _ value: (EngineStatistics) -> Int
    ) -> MetricFamily {
        MetricFamily("ponder_\(name)", .gauge, help, models.map { MetricSample(value($0.engine), $0.labels()) })
    }

    private static func histogram(
        _ name: String, _ help: String, _ models: [ModelReading], _ value: (EngineStatistics) -> Histogram
    ) -> MetricFamily {
        MetricFamily(
            "ponder_\(name)", .histogram, help,
            models.map { MetricSample(.histogram(value($0.engine)), $0.labels()) })
    }
}
