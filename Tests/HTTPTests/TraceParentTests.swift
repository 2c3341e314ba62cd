import HTTPTypes
import Testing

@testable import HTTP

@Suite struct TraceParentTests {
    private func parse(_ value: String) throws -> TraceParent? {
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name("traceparent"))] = value
        return TraceParent(headers)
    }

    @Test func `a trace is taken as the specification writes it`() throws {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        #expect(try parse(text)?.text == text)
        #expect(try parse(text)?.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(try parse("cc" + text.dropFirst(2) + "-more")?.text == "cc" + text.dropFirst(2))
        #expect(TraceParent(HTTPFields()) == nil)
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01",
    ]) func `anything else is passed over`(value: String) throws {
        #expect(try parse(value) == nil)
    }
}
