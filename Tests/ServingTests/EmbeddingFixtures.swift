import Checkpoints
import Foundation
import JSON
import Serving
import TestSupport
import Testing

/// What transformers made of texts and documents with the checkpoints of the fixtures.
struct EmbeddingReference {
    struct Embeddings {
        let texts: [String]
        let tokenIDs: [[Int]]
        let vectors: [[Double]]
    }

    struct Ranking {
        let query: String
        let instruction: String?
        let documents: [String]
        let tokenCounts: [Int]
        let scores: [Double]
    }

    private let document: JSONValue

    init() throws {
        document = try JSONValue(parsing: Fixtures.bytes("embeddings.json"))
    }

    func embeddings(_ model: String) throws -> Embeddings {
        let entry = try #require(document["embeddings"]?[model])
        return Embeddings(
            texts: (entry["texts"]?.arrayValue ?? []).compactMap(\.stringValue),
            tokenIDs: (entry["token_ids"]?.arrayValue ?? []).map { ($0.arrayValue ?? []).compactMap(\.intValue) },
            vectors: (entry["embeddings"]?.arrayValue ?? []).map { ($0.arrayValue ?? []).compactMap(\.doubleValue) })
    }

    func rankings(_ model: String) throws -> [Ranking] {
        try #require(document["rankings"]?[model]?.arrayValue).map { entry in
            Ranking(
                query: entry["query"]?.stringValue ?? "", instruction: entry["instruction"]?.stringValue,
                documents: (entry["documents"]?.arrayValue ?? []).compactMap(\.stringValue),
                tokenCounts: (entry["token_counts"]?.arrayValue ?? []).compactMap(\.intValue),
                scores: (entry["scores"]?.arrayValue ?? []).compactMap(\.doubleValue))
        }
    }
}

/// A checkpoint folder for one test: files of the fixtures by links, and files that the test writes.
final class TemporaryCheckpoint {
    let folder: URL
    var path: String { folder.path }

    /// Links the files of one of the fixtures' folders into one of this name.
    init(linking source: String, named name: String = "checkpoint") throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)/\(name)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in try FileManager.default.contentsOfDirectory(atPath: Fixtures.path(source)) {
            try link(file, to: "\(source)/\(file)")
        }
    }

    deinit {
        try? FileManager.default.removeItem(at: folder.deletingLastPathComponent())
    }

    func link(_ file: String, to fixture: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.appending(path: file).path, withDestinationPath: Fixtures.path(fixture))
    }

    /// Writes a file, in place of a link if there is one.
    func write(_ bytes: [UInt8], to file: String) throws {
        let place = folder.appending(path: file)
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? FileManager.default.removeItem(at: place)
        try Data(bytes).write(to: place)
    }

    func write(_ json: JSONValue, to file: String) throws {
        try write(json.serializedBytes(), to: file)
    }

    /// A tokenizer.json that puts a token behind each text, as that of Qwen3-Embedding does.
    func endTexts(with token: String) throws {
        let file = try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appending(path: "tokenizer.json"))))
        var tokenizer = try #require(file.objectValue)
        let tokens = tokenizer["added_tokens"]?.arrayValue ?? []
        let id = try #require(tokens.first { $0["content"]?.stringValue == token }?["id"])
        tokenizer["post_processor"] = [
            "type": "Sequence",
            "processors": [
                ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false],
                [
                    "type": "TemplateProcessing",
                    "single": [
                        ["Sequence": ["id": "A", "type_id": 0]],
                        ["SpecialToken": ["id": .string(token), "type_id": 0]],
                    ],
                    "pair": [],
                    "special_tokens": .object([
                        token: ["id": .string(token), "ids": .array([id]), "tokens": .array([.string(token)])]
                    ]),
                ],
            ],
        ]
        try write(.object(tokenizer), to: "tokenizer.json")
    }

    /// The module list of sentence-transformers, and how its pooling works.
    func poolStates(_ mode: String) throws {
        try write(
            [
                ["idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"],
                ["idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"],
                ["idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"],
            ], to: "modules.json")
        try write(.object([mode: true]), to: "1_Pooling/config.json")
    }
}

/// A GGUF file of the fixtures with more in it: what llama.cpp's converter adds for models that embed or rerank.
struct PatchedGGUF {
    var bytes: [UInt8]
    private let checkpoint: Checkpoint

    init(_ fixture: String) throws {
        bytes = try Fixtures.bytes(fixture)
        checkpoint = try Checkpoint.open(Fixtures.path(fixture))
    }

    mutating func add(_ key: String, integer: UInt32) {
        insert(text(key) + little(UInt32(4)) + little(integer))
    }

    /// Changes a boolean that is there.
    mutating func set(_ key: String, _ value: Bool) throws {
        let range = try #require(Data(bytes).firstRange(of: Data(text(key) + little(UInt32(7)))))
        bytes[range.upperBound] = value ? 1 : 0
    }

    /// Adds an F32 matrix behind all others.
    mutating func add(_ name: String, rows: [[Float]]) throws {
        let end = try endOfTensorList()
        let dataStart = (end + 31) / 32 * 32
        var data = Array(bytes[dataStart...])
        data += [UInt8](repeating: 0, count: (32 - data.count % 32) % 32)
        var entry = text(name) + little(UInt32(2)) + little(UInt64(rows[0].count)) + little(UInt64(rows.count))
        entry += little(UInt32(0)) + little(UInt64(data.count))
        data += rows.flatMap { $0.flatMap { little($0.bitPattern) } }
        let count = number(at: 8) + 1
        var head = Array(bytes[..<end]) + entry
        head.replaceSubrange(8..<16, with: little(UInt64(count)))
        bytes = head + [UInt8](repeating: 0, count: (32 - head.count % 32) % 32) + data
    }

    /// Rows of an F32 matrix.
    func matrix(_ name: String, rows: [Int]) throws -> [[Float]] {
        let tensor = try #require(checkpoint.tensor(named: name))
        let floats = Array(tensor.bytes.bindMemory(to: Float.self))
        let width = tensor.shape[1]
        return rows.map { Array(floats[$0 * width..<($0 + 1) * width]) }
    }

    /// Puts a key and its value before all others.
    private mutating func insert(_ pair: [UInt8]) {
        guard let end = try? endOfTensorList() else { return }
        let data = Array(bytes[((end + 31) / 32 * 32)...])
        let count = number(at: 16) + 1
        var head = Array(bytes[..<24]) + pair + Array(bytes[24..<end])
        head.replaceSubrange(16..<24, with: little(UInt64(count)))
        bytes = head + [UInt8](repeating: 0, count: (32 - head.count % 32) % 32) + data
    }

    private func endOfTensorList() throws -> Int {
        let starts = try checkpoint.tensors.map(\.name).map { name in
            let range = try #require(
                Data(bytes).firstRange(of: Data(text(name) + little(UInt32(1))))
                    ?? Data(bytes).firstRange(of: Data(text(name) + little(UInt32(2)))))
            return range.lowerBound
        }
        var position = try #require(starts.min())
        for _ in 0..<number(at: 8) {
            position += 8 + number(at: position)
            position += 4 + 8 * (number(at: position) & 0xffff_ffff) + 4 + 8
        }
        return position
    }

    private func number(at position: Int) -> Int {
        (0..<8).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
    }

    private func text(_ string: String) -> [UInt8] {
        little(UInt64(string.utf8.count)) + Array(string.utf8)
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

extension ServedModel {
    /// The same model, told how to judge documents.
    func judging(by method: RerankingMethod) -> ServedModel {
        ServedModel(
            name: name, creationTime: creationTime, fingerprint: fingerprint, contextLength: contextLength,
            engine: engine, tokenizer: tokenizer, chatFormat: chatFormat, defaults: defaults,
            abilities: ModelAbilities(reranking: method))
    }
}
