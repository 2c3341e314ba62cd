import Chat
import JSON
import Testing

@testable import AnthropicAPI

@Suite struct SystemPromptTests {
    @Test(
        arguments: [
            ("x-anthropic-billing-header: cch=1\nBe brief.", "Be brief."),
            ([["type": "text", "text": "x-anthropic-billing-header: cch=2\n\nBe brief."]], "Be brief."),
            ("x-anthropic-billing-header: cch=3", nil),
            ([["type": "text", "text": "x-anthropic-billing-header: cch=4;"]], nil),
            ("Be brief.\nx-anthropic-billing-header: no", "Be brief.\nx-anthropic-billing-header: no"),
        ] as [(JSONValue, String?)])
    func `a line that differs in every request is left out`(system: JSONValue, kept: String?) throws {
        let messages = try MessagesTests.request(MessagesTests.body(["system": system])).messages
        #expect(messages.first { $0.role == .system }?.content == kept)
    }
}
