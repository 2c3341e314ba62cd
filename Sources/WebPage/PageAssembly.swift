/// Makes one file of the page's: styles and modules take the place of the elements that name them.
///
/// The folder is a page that a browser can load as it is. Its modules import one another by name and keep to what this reads:
/// imports are statements of their own that begin a line, nothing is renamed, and no two modules give the same name to something,
/// so that in one module each of them comes once, behind those it imports.
struct PageAssembly {
    /// What a style element holds, and what the script element does: their digests allow them.
    struct Page: Equatable {
        var html: String
        var style: String
        var script: String
    }

    private let files: [String: String]
    private var modules: [String] = []
    private var visited: Set<String> = []

    /// - Parameter files: The texts by their names; one is `index.html`.
    init(_ files: [String: String]) {
        self.files = files
    }

    /// The whole page. A file that is missing is missing from it.
    static func page(of files: [String: String]) -> Page {
        var assembly = PageAssembly(files)
        return assembly.assemble()
    }

    private mutating func assemble() -> Page {
        var lines: [Substring] = []
        var styles: [String] = []
        var script = ""
        for line in (files["index.html"] ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
            if let name = Self.name(in: line, between: "<link rel=\"stylesheet\" href=\"", and: "\"") {
                styles.append(files[name] ?? "")
                if styles.count == 1 { lines.append("{style}") }
            } else if let name = Self.name(in: line, between: "<script type=\"module\" src=\"", and: "\"") {
                add(name)
                script = modules.joined(separator: "\n")
                lines.append("{script}")
            } else {
                lines.append(line)
            }
        }
        let style = styles.joined(separator: "\n")
        let html = lines.map { line in
            switch line {
            case "{style}": "<style>\(style)</style>"
            case "{script}": "<script type=\"module\">\(script)</script>"
            default: String(line)
            }
        }
        return Page(html: html.joined(separator: "\n"), style: style, script: script)
    }

    /// Adds a module behind those that it imports, unless it is there.
    private mutating func add(_ name: String) {
        guard visited.insert(name).inserted, let text = files[name] else { return }
        var body: [Substring] = []
        var isImporting = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            isImporting = isImporting || line.hasPrefix("import ")
            guard isImporting else {
                body.append(line.hasPrefix("export ") ? line.dropFirst("export ".count) : line)
                continue
            }
            if let imported = Self.name(in: line, between: "from \"./", and: "\";") {
                add(imported)
                isImporting = false
            }
        }
        modules.append(body.joined(separator: "\n"))
    }

    private static func name(in line: Substring, between start: String, and end: String) -> String? {
        guard let opening = line.firstRange(of: start) else { return nil }
        let rest = line[opening.upperBound...]
        return rest.firstRange(of: end).map { String(rest[..<$0.lowerBound]) }
    }
}
