import JSON
import Testing

@Suite struct JSONNumberTests {
    @Test(arguments: [
        "1.0", "-0.0", "1e+100", "123456789012345678901", "0", "-0", "1E5", "0.10", "1e-400",
        "9223372036854775807", "-9223372036854775808", "123456789012345678901234567890.12345678901234567890e-17",
    ])
    func `the exact text is kept`(text: String) throws {
        #expect(try JSONValue(parsing: "[\(text)]").serialized() == "[\(text)]")
        #expect(JSONNumber(text: text)?.text == text)
    }

    @Test func `whole numbers that fit are integers`() throws {
        let expected: [(String, Int?)] = [
            ("12", 12), ("-0", 0), ("1.0", 1), ("1e2", 100), ("1.5", nil), ("9223372036854775807", .max),
            ("9223372036854775808", nil), ("-9223372036854775808", .min), ("1e400", nil),
            ("1e18", 1_000_000_000_000_000_000),
        ]
        for (text, value) in expected {
            #expect(try JSONValue(parsing: text).intValue == value, "\(text)")
        }
    }

    @Test func `numbers beyond a Double's range are infinite or zero`() throws {
        #expect(try JSONValue(parsing: "1e400").doubleValue == .infinity)
        #expect(try JSONValue(parsing: "-1e400").doubleValue == -.infinity)
        #expect(try JSONValue(parsing: "1e-400").doubleValue == 0)
        #expect(try JSONValue(parsing: "-0.0").doubleValue?.sign == .minus)
    }

    @Test(arguments: ["", " 1", "1 ", "01", "abc", "\"1\"", "[1]"])
    func `other text is no number`(text: String) {
        #expect(JSONNumber(text: text) == nil)
    }

    @Test func `what JSON has no number for is null`() {
        #expect(JSONNumber(Double.nan) == nil)
        #expect(JSONValue.number(Double.infinity) == .null)
    }
}
