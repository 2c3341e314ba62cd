import JSON
import Testing

@Suite struct JSONObjectTests {
    @Test func `keys keep their order of insertion`() {
        let object: JSONObject = ["b": 1, "a": 2, "c": 3]
        #expect(object.keys == ["b", "a", "c"])
    }

    @Test func `a key set twice keeps its first place and its last value`() throws {
        let value = try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#)
        #expect(value.serialized() == #"{"a":3,"b":2}"#)
    }

    @Test(arguments: [3, 12, 13, 14, 200])
    func `small and large objects find, replace and remove alike`(count: Int) {
        var object = JSONObject()
        for number in 0..<count {
            object["key\(number)"] = .number(number)
        }
        #expect(object.count == count)
        object["key1"] = "replaced"
        object["key0"] = nil
        object["absent"] = nil
        #expect(object.count == count - 1)
        #expect(object["key0"] == nil)
        #expect(object["key1"] == "replaced")
        #expect(object["key\(count - 1)"] == .number(count - 1))
        #expect(object.first?.key == "key1")
        object["key0"] = nil
        object["new"] = .null
        #expect(object.last?.key == "new")
        #expect(object.contains(key: "new"))
        #expect(!object.contains(key: "newer"))
    }

    @Test(arguments: [0, 40])
    func `canonically equivalent keys stay apart`(others: Int) {
        var object = JSONObject((0..<others).map { ("key\($0)", .null) })
        object["\u{E9}"] = 1
        object["e\u{301}"] = 2
        #expect(object.count == others + 2)
        #expect(object["\u{E9}"] == 1)
        #expect(object["e\u{301}"] == 2)
    }

    @Test func `equality ignores the order of members`() {
        let left: JSONObject = ["a": 1, "b": [2]]
        let right: JSONObject = ["b": [2], "a": 1]
        #expect(left == right)
        #expect(left != ["a": 1, "b": [3]])
        #expect(left != ["a": 1])
    }
}
