import JSON
import Testing

@testable import Doctor

@Suite struct EvidenceTests {
    @Test(arguments: [
        ("5", #"{"type": "integer", "minimum": 6}"#, " is below 6.0"),
        ("[1]", #"{"type": "array", "maxItems": 1}"#, nil),
        ("[1, \"a\"]", #"{"items": {"type": "integer"}}"#, "[1] is a string, not integer"),
        (#"{"a": 1}"#, #"{"required": ["b"]}"#, "b is missing"),
        (#"{"a": 1}"#, #"{"properties": {}, "additionalProperties": false}"#, "a is invented"),
        (#"{"a": "x"}"#, #"{"properties": {"a": {"enum": ["y"]}}}"#, "a is none of its enum"),
        (#"{"a": "xyz"}"#, #"{"properties": {"a": {"maxLength": 2}}}"#, "a is longer than 2"),
    ])
    func `a value is held to a schema`(value: String, schema: String, fault: String?) throws {
        let found = SchemaShape.fault(of: try JSONValue(parsing: value), by: try JSONValue(parsing: schema))
        #expect(found == fault)
    }

    @Test func `floats are unpacked from base64`() {
        #expect(Base64Floats.numbers("AACAPwAAAMA=") == [1, -2])
        #expect(Base64Floats.numbers("!") == [])
    }

    @Test func `a stored gzip member has its checksum and length`() {
        let bytes = StoredGzip.bytes(Array("123456789".utf8))
        #expect(Array(bytes.suffix(8)) == [0x26, 0x39, 0xF4, 0xCB, 9, 0, 0, 0])
        #expect(StoredGzip.bytes([UInt8](repeating: 1, count: 70_000)).count == 10 + 5 + 65_535 + 5 + 4_465 + 8)
    }

    @Test func `running requests are found by any server's name for them`() {
        #expect(RunningRequests.count(in: "# TYPE x gauge\nllamacpp:requests_processing 2\n") == 2)
        #expect(
            RunningRequests.count(
                in: "vllm:num_requests_running{model=\"a\"} 1.0\nvllm:num_requests_running{model=\"b\"} 2\n") == 3)
        #expect(RunningRequests.count(in: "other 1\n") == nil)
    }

    @Test func `a stream is put together as clients do`() {
        var transcript = Transcript(method: "POST", path: "/", request: "")
        transcript.body = Array(
            """
            : keep-alive

            data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

            data: {"choices":[{"index":0,"delta":{"reasoning":"a"}}]}

            data: {"choices":[{"index":0,"delta":{"content":"b"}}]}

            data: {"choices":[{"index":1,"delta":{"content":"other"}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}}]}

            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: {"choices":[],"usage":{"total_tokens":3}}

            data: [DONE]


            """.utf8)
        let stream = ChatStream(transcript)
        #expect(stream.content == "b" && stream.reasoning == "a" && stream.arguments(of: 0) == "{}")
        #expect(stream.finishReasons == ["stop"] && stream.usage?["total_tokens"] == 3)
        #expect(stream.events.last == "[DONE]" && stream.textPieceCount == 2)
    }

    @Test func `the subject is the model that was asked for, or the first`() throws {
        let models = try JSONValue(parsing: #"{"data": [{"id": "a", "max_model_len": 8}, {"id": "b"}]}"#)
        let properties = try JSONValue(parsing: #"{"default_generation_settings": {"n_ctx": 4096}}"#)
        #expect(Subject(models: models, properties: nil, preferred: nil, hasKey: false)?.model == "a")
        #expect(Subject(models: models, properties: nil, preferred: nil, hasKey: false)?.contextLength == 8)
        #expect(Subject(models: models, properties: properties, preferred: "b", hasKey: false)?.contextLength == 4_096)
        #expect(Subject(models: nil, properties: nil, preferred: nil, hasKey: false) == nil)
        #expect(Subject(models: nil, properties: nil, preferred: "c", hasKey: true)?.model == "c")
    }
}
