internal import Engine
public import Telemetry

/// A server whose names for metrics are told besides Ponder's own, so that its dashboards work.
public enum PeerMetrics: String, Sendable, CaseIterable {
    case vllm
    case llamacpp
    case sglang

    /// The families by the peer's names, each with the same meaning and unit as there.
    public func families(of models: [ModelReading]) -> [MetricFamily] {
        let own = Dictionary(ServiceMetrics.families(of: models).map { ($0.name, $0) }) { first, _ in first }
        let renamed = aliases.compactMap { alias, source -> MetricFamily? in
            guard let family = own["ponder_" + source] else { return nil }
            return MetricFamily("\(rawValue):\(alias)", family.kind, family.help, family.samples)
        }
        return renamed + calculated(models)
    }

    /// The peer's name and Ponder's for what both have.
    private var aliases: [(String, String)] {
        switch self {
        case .vllm: Self.vllmAliases
        case .llamacpp: Self.llamaAliases
        case .sglang: Self.sglangAliases
        }
    }

    private static let vllmAliases = [
        ("num_requests_running", "requests_running"), ("num_requests_waiting", "requests_waiting"),
        ("kv_cache_usage_perc", "kv_cache_usage_ratio"), ("num_preemptions_total", "preemptions_total"),
        ("prefix_cache_queries_total", "prefix_cache_queries_total"),
        ("prefix_cache_hits_total", "prefix_cache_hits_total"), ("prompt_tokens_total", "prompt_tokens_total"),
        ("prompt_tokens_cached_total", "prompt_tokens_cached_total"),
        ("generation_tokens_total", "generation_tokens_total"),
        ("time_to_first_token_seconds", "time_to_first_token_seconds"),
        ("inter_token_latency_seconds", "inter_token_latency_seconds"),
        ("e2e_request_latency_seconds", "request_seconds"), ("request_queue_time_seconds", "queue_time_seconds"),
        ("request_prefill_time_seconds", "prefill_time_seconds"),
        ("request_decode_time_seconds", "decode_time_seconds"),
        ("request_inference_time_seconds", "inference_time_seconds"),
        ("request_time_per_output_token_seconds", "time_per_output_token_seconds"),
        ("request_prompt_tokens", "request_prompt_tokens"),
        ("request_generation_tokens", "request_generation_tokens"), ("iteration_tokens_total", "step_tokens"),
        ("spec_decode_num_drafts_total", "speculation_drafts_total"),
        ("spec_decode_num_draft_tokens_total", "speculation_draft_tokens_total"),
        ("spec_decode_num_accepted_tokens_total", "speculation_accepted_tokens_total"),
    ]

    private static let llamaAliases = [
        ("requests_processing", "requests_running"), ("requests_deferred", "requests_waiting"),
        ("prompt_tokens_total", "prefill_tokens_total"), ("prompt_tokens_cached_total", "prompt_tokens_cached_total"),
        ("tokens_predicted_total", "generation_tokens_total"), ("n_decode_total", "steps_total"),
        ("kv_cache_usage_ratio", "kv_cache_usage_ratio"), ("kv_cache_tokens", "kv_cache_tokens"),
        ("n_tokens_max", "longest_request_tokens"), ("spec_decode_num_drafts_total", "speculation_drafts_total"),
        ("spec_decode_num_draft_tokens_total", "speculation_draft_tokens_total"),
        ("spec_decode_num_accepted_tokens_total", "speculation_accepted_tokens_total"),
    ]

    private static let sglangAliases = [
        ("num_running_reqs", "requests_running"), ("num_queue_reqs", "requests_waiting"),
        ("token_usage", "kv_cache_usage_ratio"), ("prompt_tokens_total", "prompt_tokens_total"),
        ("generation_tokens_total", "generation_tokens_total"), ("cached_tokens_total", "prompt_tokens_cached_total"),
        ("time_to_first_token_seconds", "time_to_first_token_seconds"),
        ("inter_token_latency_seconds", "inter_token_latency_seconds"),
        ("e2e_request_latency_seconds", "request_seconds"), ("queue_time_seconds", "queue_time_seconds"),
        ("gen_throughput", "generation_tokens_per_second"), ("num_retracted_reqs", "requests_preempted"),
    ]

    /// What the peer adds up or divides in another way.
    private func calculated(_ models: [ModelReading]) -> [MetricFamily] {
        switch self {
        case .vllm:
            return [
                MetricFamily(
                    "vllm:request_success_total", .counter, "Replies that ended, by what ended them.",
                    models.flatMap { model in
                        Self.vllmReasons.map { name, outcomes in
                            let count = outcomes.reduce(0) { $0 + model.engine.outcomes[$1] }
                            return MetricSample(count, model.labels("finished_reason", name))
                        }
                    })
            ]
        case .llamacpp:
            return [
                family("prompt_seconds_total", .counter, "Time spent on prompts, in seconds.", models) {
                    $0.engine.prefillTime.sum
                },
                family("tokens_predicted_seconds_total", .counter, "Time spent on replies, in seconds.", models) {
                    $0.engine.decodeTime.sum
                },
                family("prompt_tokens_seconds", .gauge, "Prompt tokens a second, on average.", models) {
                    Self.ratio(Double($0.engine.prefillTokenCount), $0.engine.prefillTime.sum)
                },
                family("n_busy_slots_per_decode", .gauge, "Requests that a step computes for, on average.", models) {
                    Self.ratio(Double($0.engine.stepGenerationCount), Double($0.engine.stepCount))
                },
                family("predicted_tokens_seconds", .gauge, "Tokens of a reply a second, on average.", models) {
                    Self.ratio($0.engine.replyLength.sum, $0.engine.decodeTime.sum)
                },
            ]
        case .sglang:
            return [
                family("cache_hit_rate", .gauge, "The part of prompt tokens that the prefix cache held.", models) {
                    Self.ratio(Double($0.engine.cacheHitTokenCount), Double($0.engine.cacheQueryTokenCount))
                },
                family("spec_accept_rate", .gauge, "The part of guessed tokens that were drawn.", models) {
                    Self.ratio(Double($0.engine.acceptedDraftTokenCount), Double($0.engine.draftTokenCount))
                },
                family("spec_accept_length", .gauge, "Tokens that a step with guesses draws, on average.", models) {
                    Self.ratio(
                        Double($0.engine.draftCount + $0.engine.acceptedDraftTokenCount), Double($0.engine.draftCount))
                },
                family("num_aborted_requests_total", .counter, "Replies that were called off.", models) {
                    Double($0.engine.outcomes[.cancelled])
                },
            ]
        }
    }

    private static let vllmReasons: [(String, [EngineOutcome])] = [
        ("stop", [.stop]), ("length", [.length, .time]), ("abort", [.cancelled]), ("error", [.error]),
        ("repetition", [.loop]),
    ]

    private static func ratio(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 0 }

    private func family(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String, _ models: [ModelReading],
        _ value: (ModelReading) -> Double
    ) -> MetricFamily {
        MetricFamily(
            "\(rawValue):\(name)", kind, help, models.map { MetricSample(.number(value($0)), $0.labels()) })
    }
}
