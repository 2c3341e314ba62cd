import APIDoors
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

    @Test func `a request, or the server, can keep it`() throws {
        let system: JSONValue = "x-anthropic-billing-header: cch=1\nBe brief."
        func content(_ member: JSONObject, isServerKeeping: Bool) throws -> String? {
            var settings = APISettings(version: "")
            settings.stripsBillingHeader = !isServerKeeping
            var members = member
            members["system"] = system
            let body = try #require(MessagesTests.body(members).objectValue)
            let call = try MessagesDecoder.call(from: body, settings: settings)
            return call.request.messages.first { $0.role == .system }?.content
        }
        #expect(try content(["strip_billing_header": false], isServerKeeping: false) == system.stringValue)
        #expect(try content([:], isServerKeeping: true) == system.stringValue)
        #expect(try content(["strip_billing_header": true], isServerKeeping: true) == "Be brief.")
    }
}
