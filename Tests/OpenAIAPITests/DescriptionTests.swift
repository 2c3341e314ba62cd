import ServingTestSupport
import Testing

@Suite struct DescriptionTests {
    @Test func theDescriptionIsWhatIsAnswered() async throws {
        try await APIClient().checkDescription(
            free: [
                "logit_bias", "parameters", "metadata", "prediction", "prompt_cache_options", "audio",
                "web_search_options",
                "arguments", "stream_options", "function_call",
            ])
    }
}
