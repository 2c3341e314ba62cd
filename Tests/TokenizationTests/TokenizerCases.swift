import Foundation
import TestSupport

/// A line of tokenizer_cases.jsonl.
struct TokenizerCase: Decodable {
    let id: String
    let kind: String
    let cat: String
    let mode: String?
    let text: String?
    let ids: [Int32]?
    let decoded: String?
    let textSkipSpecial: String?
    let pieces: [String]?
    let flush: String?
    let token: Int32?
    let hex: String?
    let added: Bool?
    let special: Bool?

    static let all = Result {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try Fixtures.lines("tokenizer_cases.jsonl").map {
            try decoder.decode(TokenizerCase.self, from: Data($0.utf8))
        }
    }

    static func ofKind(_ kind: String) throws -> [TokenizerCase] {
        try all.get().filter { $0.kind == kind }
    }
}
