/// Checks that hold for the tensors of any one file.
enum TensorLayout {
    /// Refuses two tensors of one name in a file, and two whose bytes overlap.
    static func check(_ tensors: [TensorRecord]) throws(CheckpointError) {
        var names = Set<String>(minimumCapacity: tensors.count)
        for tensor in tensors where !names.insert(tensor.name).inserted {
            throw tensor.error(expected: "one tensor of each name", found: "twice")
        }
        let stored = tensors.filter { $0.byteCount > 0 }.sorted { $0.fileOffset < $1.fileOffset }
        for (left, right) in zip(stored, stored.dropFirst()) where left.byteRange.upperBound > right.fileOffset {
            throw right.error(
                expected: "tensors that share no byte",
                found: "inside \(left.name), which ends at byte \(left.byteRange.upperBound)"
            )
        }
    }
}
