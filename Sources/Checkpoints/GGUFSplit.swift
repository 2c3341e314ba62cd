/// A model in several GGUF files, as `llama-gguf-split` writes it: `NAME-00001-of-0000N.gguf` and so on.
///
/// Each file says its place (`split.no`, from 0), the number of files (`split.count`) and of all tensors
/// (`split.tensors.count`); the model's metadata stands in the first.
enum GGUFSplit {
    /// A file name taken apart: the text before `-00001-of-00003.gguf`, and how many files there are.
    struct Name: Equatable {
        let prefix: String
        let number: Int
        let count: Int

        init?(_ path: String) {
            let suffix = ".gguf"
            guard path.hasSuffix(suffix) else { return nil }
            let parts = path.dropLast(suffix.count).split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count >= 4, parts[parts.count - 2] == "of" else { return nil }
            let digits = [parts[parts.count - 3], parts[parts.count - 1]]
            guard
                digits.allSatisfy({ $0.count == 5 && $0.allSatisfy { ("0"..."9").contains($0) } }),
                let number = Int(digits[0]), let count = Int(digits[1]), number >= 1, number <= count
            else { return nil }
            prefix = parts.dropLast(3).joined(separator: "-")
            self.number = number
            self.count = count
        }

        func path(_ number: Int) -> String {
            "\(prefix)-\(Name.digits(number))-of-\(Name.digits(count)).gguf"
        }

        private static func digits(_ number: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        }
    }

    /// Opens a GGUF file, and its siblings where it is one of several. Any of them may be named.
    static func open(_ path: String) throws(CheckpointError) -> (metadata: GGUFMetadata, tensors: [TensorRecord]) {
        let file = try GGUFFile(MappedFile(path: path))
        let count = try count(file)
        guard count > 1 else { return (file.metadata, file.tensors) }
        guard let name = Name(path), name.count == count else {
            throw file.metadata.error(
                "split.count",
                expected: "a file name that ends in -00001-of-0000N.gguf with N as",
                found: "\(count)"
            )
        }
        var first = file.metadata
        var tensors: [TensorRecord] = []
        for number in 1...count {
            let part = number == name.number ? file : try GGUFFile(MappedFile(path: name.path(number)))
            try check(part, number: number, count: count)
            if number == 1 { first = part.metadata }
            tensors += part.tensors
        }
        try checkTensors(tensors, first)
        return (first, tensors)
    }

    /// The number of files that a file says the model has.
    static func count(_ file: GGUFFile) throws(CheckpointError) -> Int {
        let count = try file.metadata.integer("split.count") ?? 1
        guard (0...GGUFLimits.splitCount).contains(count) else {
            throw file.metadata.error(
                "split.count",
                expected: "at most \(GGUFLimits.splitCount)",
                found: "\(count)"
            )
        }
        return max(count, 1)
    }

    private static func check(_ part: GGUFFile, number: Int, count: Int) throws(CheckpointError) {
        let partCount = try part.metadata.integer("split.count")
        guard partCount == count else {
            throw part.metadata.error(
                "split.count",
                expected: "\(count)",
                found: partCount.map(String.init) ?? "nothing"
            )
        }
        let place = try part.metadata.integer("split.no")
        guard place == number - 1 else {
            throw part.metadata.error(
                "split.no",
                expected: "\(number - 1)",
                found: place.map(String.init) ?? "nothing"
            )
        }
    }

    private static func checkTensors(_ tensors: [TensorRecord], _ first: GGUFMetadata) throws(CheckpointError) {
        if let expected = try first.integer("split.tensors.count"), expected != tensors.count {
            throw first.error(
                "split.tensors.count",
                expected: "as many tensors as the files hold (\(tensors.count))",
                found: "\(expected)"
            )
        }
        var names = Set<String>(minimumCapacity: tensors.count)
        for tensor in tensors where !names.insert(tensor.name).inserted {
            throw tensor.error(expected: "one tensor of each name in all files", found: "twice")
        }
    }
}
