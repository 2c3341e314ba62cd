internal import JSON

/// One request that checks want sent, told without anything that only one server has: its address, its key, its model's name.
struct Ask: Sendable {
    enum Body: Sendable {
        case none
        /// An object that gets the model's name as `model`, unless it has one.
        case members(JSONObject)
        /// Bytes that go over the wire as they are.
        case bytes([UInt8])
    }

    /// How the body's end is told, or what is wrong with that.
    enum Framing: Sendable, Equatable {
        case counted
        case chunked
        /// Chunked, with a `Content-Length` beside it: RFC 9112 section 6.1 wants that refused.
        case countedAndChunked
        /// A length is told and no byte follows.
        case announced(Int)
    }

    var method: String
    /// Below the server's prefix, as a request line has it.
    var path: String
    var body: Body
    var fields: [(name: String, value: String)] = []
    var framing = Framing.counted
    var leavesHostOut = false
    /// Sends no key although there is one, or another key than the right one.
    var key = Key.right
    /// Hangs up once so many pieces of the answer have come.
    var cutAfterPieces: Int?
    /// The scenario's name, for the server's log.
    var label = ""
    /// Asked again until it holds of the answer, for ten seconds at most.
    var until: (@Sendable (Transcript) -> Bool)?

    enum Key: Sendable {
        case right, none, wrong
    }

    static func get(_ path: String, fields: [(name: String, value: String)] = []) -> Ask {
        Ask(method: "GET", path: path, body: .none, fields: fields)
    }

    /// A POST of an object, given as JSON text; text that is no object is sent as it is.
    static func post(_ path: String, _ text: String, fields: [(name: String, value: String)] = []) -> Ask {
        let members = try? JSONValue(parsing: text).objectValue
        let body = members.map(Body.members) ?? .bytes(Array(text.utf8))
        return Ask(method: "POST", path: path, body: body, fields: fields)
    }

    /// A chat completion; `model` is added.
    static func chat(_ text: String) -> Ask { post("/v1/chat/completions", text) }

    /// The same request with further members.
    func with(_ members: JSONObject) -> Ask {
        guard case .members(var object) = body else { return self }
        for (key, value) in members { object[key] = value }
        var ask = self
        ask.body = .members(object)
        return ask
    }
}

extension Ask {
    /// The body's bytes for a model of this name.
    func bodyBytes(model: String) -> [UInt8]? {
        switch body {
        case .none: return nil
        case .bytes(let bytes): return bytes
        case .members(var members):
            if members["model"] == nil { members["model"] = .string(model) }
            return JSONValue.object(members).serializedBytes()
        }
    }
}
