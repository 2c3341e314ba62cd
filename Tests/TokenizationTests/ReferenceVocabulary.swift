import Foundation
import TestSupport
import Tokens

@testable import Tokenization

/// Qwen3's tokenizer, loaded once for all tests.
enum ReferenceVocabulary {
    static let fromFile = Result { try Tokenizer(tokenizerFile: Fixtures.bytes("qwen3/tokenizer.json")) }
    static let fromGGUF = Result { try Tokenizer(gguf: GGUFTestFile("qwen3/qwen3-vocab.gguf").vocabulary()) }

    /// The tokenizer of one of the tiny checkpoints.
    static func tiny(_ model: String) throws -> Tokenizer {
        try Tokenizer(tokenizerFile: Fixtures.bytes("models/\(model)/hf/tokenizer.json"))
    }

    enum Source: String, CaseIterable {
        case file = "tokenizer.json"
        case gguf = "GGUF"

        func tokenizer() throws -> Tokenizer {
            switch self {
            case .file: try ReferenceVocabulary.fromFile.get()
            case .gguf: try ReferenceVocabulary.fromGGUF.get()
            }
        }
    }
}

/// Reads the tokenizer's part of a GGUF fixture: trusted, little-endian, version 3.
struct GGUFTestFile {
    private let bytes: [UInt8]
    private var position = 0
    private var strings: [String: String] = [:]
    private var stringArrays: [String: [String]] = [:]
    private var integerArrays: [String: [Int]] = [:]

    init(_ fixture: String) throws {
        bytes = try Fixtures.bytes(fixture)
        position = 16
        let pairCount = integer(8)
        for _ in 0..<pairCount {
            let key = string()
            readValue(key, type: integer(4))
        }
    }

    func vocabulary() -> GGUFVocabulary {
        GGUFVocabulary(
            tokens: stringArrays["tokenizer.ggml.tokens"] ?? [],
            tokenTypes: integerArrays["tokenizer.ggml.token_type"] ?? [],
            merges: stringArrays["tokenizer.ggml.merges"] ?? [],
            model: strings["tokenizer.ggml.model"] ?? "",
            preTokenizer: strings["tokenizer.ggml.pre"] ?? ""
        )
    }

    private mutating func integer(_ width: Int) -> Int {
        defer { position += width }
        return bytes[position..<position + width].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func string() -> String {
        let length = integer(8)
        defer { position += length }
        return String(decoding: bytes[position..<position + length], as: UTF8.self)
    }

    private mutating func readValue(_ key: String, type: Int) {
        switch type {
        case 0, 1, 7: position += 1
        case 2, 3: position += 2
        case 10, 11, 12: position += 8
        case 8: strings[key] = string()
        case 9:
            let elementType = integer(4)
            let count = integer(8)
            if elementType == 8 {
                stringArrays[key] = (0..<count).map { _ in string() }
            } else {
                integerArrays[key] = (0..<count).map { _ in integer(4) }
            }
        default: position += 4
        }
    }
}
