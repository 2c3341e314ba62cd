import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test func `styles lay out the same value`() {
        let value: JSONValue = ["a": [1, "x", []], "b": [:], "c": nil]
        #expect(value.serialized() == #"{"a":[1,"x",[]],"b":{},"c":null}"#)
        #expect(value.serialized(.spaced) == #"{"a": [1, "x", []], "b": {}, "c": null}"#)
        let lines = ["{", #"  "a": ["#, "    1,", #"    "x","#, "    []", "  ],", #"  "b": {},"#, #"  "c": null"#, "}"]
        #expect(value.serialized(.indented(by: 2)) == lines.joined(separator: "\n"))
    }

    @Test func `tokens get their commas and colons`() {
        var writer = JSONWriter(appendingTo: Array("data: ".utf8))
        writer.beginObject()
        writer.append(key: "id")
        writer.append(string: "a\"b")
        writer.append(key: "n")
        writer.append(int: -120)
        writer.append(key: "l")
        writer.beginArray()
        writer.append(bool: true)
        writer.appendNull()
        writer.append(double: 0.5)
        writer.append(float: -1.25)
        writer.append(double: .nan)
        writer.append(rawJSON: Array("{}".utf8))
        writer.append(value: ["k": 1])
        writer.append(int: .min)
        writer.endArray()
        writer.endObject()
        let text = String(decoding: writer.bytes, as: UTF8.self)
        let list = #"[true,null,0.5,-1.25,null,{},{"k":1},-9223372036854775808]"#
        #expect(text == #"data: {"id":"a\"b","n":-120,"l":"# + list + "}")
        writer.removeAll()
        writer.append(int: 0)
        #expect(writer.bytes == [UInt8(ascii: "0")])
    }

    @Test func `escapes are Python's`() {
        let value: JSONValue = "\u{0}\u{8}\u{1F}\u{7F}é😀\u{2028}\"\\/"
        #expect(value.serialized() == "\"\\u0000\\b\\u001f\u{7F}é😀\u{2028}\\\"\\\\/\"")
        let ascii = value.serialized(JSONStyle(spacing: .none, escapesNonASCII: true))
        #expect(ascii == #""\u0000\b\u001f\u007f\u00e9\ud83d\ude00\u2028\"\\/""#)
    }

    @Test func `paths read as in error messages`() {
        let path = JSONPath("messages").appending(index: 2).appending(key: "content")
        #expect(path.description == "messages[2].content")
        #expect(path.appending(key: "a b").description == #"messages[2].content["a b"]"#)
        #expect(JSONPath().description == "")
        let value: JSONValue = ["messages": [1, 2, ["content": "x"]]]
        #expect(value[path: path] == "x")
        #expect(value[path: path.appending(index: 0)] == nil)
        #expect(value["messages"]?[7] == nil)
    }
}
