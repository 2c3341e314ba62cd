import Serving
import Testing

@testable import APIDoors
@testable import AnthropicAPI

@Suite struct StreamOpeningTests {
    @Test func aStreamWhoseModelCannotBeLoadedEndsWithAnErrorEvent() throws {
        var root = FieldReader([:])
        let remarks = try RequestRemarks(from: &root, settings: APISettings(version: ""))
        let error = APIError(ServingError.modelLoadFailed(name: "m", reason: "cut file"))
        let text = String(decoding: StreamOpening.anthropic(remarks, requestID: "req_1").failure(error), as: UTF8.self)
        #expect(text.hasPrefix("event: error\ndata: {\"type\":\"error\","))
        #expect(text.contains("cut file"))
        #expect(text.hasSuffix(",\"request_id\":\"req_1\"}\n\n"))
    }
}
