import JSON
import Logging
import Synchronization
import Testing

@testable import ponder

@Suite struct JSONLogHandlerTests {
    private final class Lines: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    @Test func `a message is one line of JSON with its metadata`() throws {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in
            JSONLogHandler { line in lines.bytes.withLock { $0 += line } }
        }
        logger[metadataKey: "request_id"] = "17"
        logger.info(
            "a \"line\"\nof text",
            metadata: [
                "status": .stringConvertible(200), "milliseconds": .stringConvertible(1.5), "tags": ["a", "b"],
                "message": "not twice",
            ])
        logger.debug("below the level")
        let text = lines.bytes.withLock { $0 }
        #expect(text.count { $0 == UInt8(ascii: "\n") } == 1)
        let value = try JSONValue(parsing: Array(text.dropLast())).objectValue
        #expect(value?["message"] == "a \"line\"\nof text")
        #expect(value?["level"] == "info")
        #expect(value?["status"] == 200)
        #expect(value?["milliseconds"] == 1.5)
        #expect(value?["request_id"] == "17")
        #expect(value?["tags"] == ["a", "b"])
        #expect(value?["time"]?.stringValue?.count == 24)
        #expect(value?["time"]?.stringValue?.hasSuffix("Z") == true)
    }
}
