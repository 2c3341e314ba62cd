internal import Checkpoints
internal import Compute
internal import JSON

/// A few rows that judge a sequence by its last state: what a checkpoint for classification has in place of a head.
public struct StateClassifier: Sendable, Hashable {
    /// One for each row.
    public let labels: [String]
    /// `[labels × hidden]`
    private let rows: [[Float]]

    init(labels: [String], rows: [[Float]]) {
        self.labels = labels
        self.rows = rows
    }

    /// The logit of each label, for a state behind the final norm of `hidden` values.
    public func logits(_ state: [Float]) -> [Double] {
        rows.map { row in
            zip(row, state).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
    }
}

extension StateClassifier {
    /// The classifier of a checkpoint: `cls.output` of a GGUF file, `score` of safetensors; nil where there is none.
    init?(_ checkpoint: Checkpoint, hiddenSize: Int) throws(ModelError) {
        let name = checkpoint.kind == .gguf ? "cls.output.weight" : "score.weight"
        guard let record = checkpoint.tensor(named: name) else { return nil }
        guard record.shape.count == 2, record.shape[1] == hiddenSize, (1...Self.labelLimit).contains(record.shape[0])
        else {
            throw .checkpoint(
                record.error(
                    expected: "at most \(Self.labelLimit) rows of \(hiddenSize)", found: "of shape \(record.shape)"))
        }
        let count = record.shape[0]
        labels = try Self.labels(of: checkpoint, count: count)
        rows = try Self.rows(of: record, count: count, columns: hiddenSize)
    }

    private static let labelLimit = 64

    /// The names that the files give; where a GGUF file has none, those of Qwen3's rerankers, in the converter's order.
    private static func labels(of checkpoint: Checkpoint, count: Int) throws(ModelError) -> [String] {
        guard let metadata = checkpoint.metadata else {
            let names = checkpoint.configuration?["id2label"]
            return (0..<count).map { names?["\($0)"]?.stringValue ?? "LABEL_\($0)" }
        }
        let labels = try metadata.reading { () throws(CheckpointError) in
            let architecture = try metadata.string("general.architecture") ?? ""
            return try metadata.strings("\(architecture).classifier.output_labels") ?? []
        }
        guard labels.count != count else { return labels }
        return count == 2 ? ["yes", "no"] : (0..<count).map { "LABEL_\($0)" }
    }

    private static func rows(of record: TensorRecord, count: Int, columns: Int) throws(ModelError) -> [[Float]] {
        guard let format = WeightFormat(record.format) else {
            throw .checkpoint(
                record.error(expected: "a format that Ponder computes with", found: "in \(record.format)"))
        }
        do {
            let matrix = try unsafe WeightMatrix(
                rows: count, columns: columns, format: format, bytes: record.bytes, pool: WorkerPool(threadCount: 1))
            return (0..<count).map { row in
                unsafe [Float](unsafeUninitializedCapacity: columns) { values, valueCount in
                    if let start = values.baseAddress { unsafe matrix.row(row, into: start) }
                    valueCount = columns
                }
            }
        } catch {
            throw .checkpoint(record.error(expected: "a matrix that can be repacked", found: "(\(error))"))
        }
    }
}
