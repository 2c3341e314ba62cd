/// A request target in origin form, taken apart: path and query as they were sent.
struct TargetParts {
    let path: Substring
    /// What follows the first `?`; nil where there is none.
    let query: Substring?

    init(_ target: String) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            path = target[...]
            query = nil
            return
        }
        path = target[..<mark]
        query = target[target.utf8.index(after: mark)...]
    }
}
