import Testing

@testable import WebPage

@Suite struct PageAssemblyTests {
    private static let index = """
        <title>A page</title>
        <link rel="stylesheet" href="one.css">
        <link rel="stylesheet" href="two.css">
        <p>Text</p>
        <script type="module" src="main.js"></script>
        """

    @Test func stylesAndModulesTakeThePlaceOfTheElementsThatNameThem() {
        let page = PageAssembly.page(of: [
            "index.html": Self.index, "one.css": "p {}", "two.css": "q {}",
            "main.js": "import { a } from \"./a.js\";\n\na();", "a.js": "export function a() {}",
        ])
        #expect(page.style == "p {}\nq {}")
        #expect(page.script == "function a() {}\n\na();")
        #expect(
            page.html == """
                <title>A page</title>
                <style>p {}
                q {}</style>
                <p>Text</p>
                <script type="module">function a() {}

                a();</script>
                """)
    }

    @Test func aModuleStandsOnceBehindThoseThatItImports() {
        let page = PageAssembly.page(of: [
            "index.html": Self.index,
            "main.js": "import {\n    a,\n    b,\n} from \"./a.js\";\nimport { c } from \"./c.js\";\nmain",
            "a.js": "import { c } from \"./c.js\";\nexport const a = 1;", "c.js": "export const c = 2;",
        ])
        #expect(page.script == "const c = 2;\nconst a = 1;\nmain")
    }

    @Test func modulesThatImportOneAnotherEndAllTheSame() {
        let page = PageAssembly.page(of: [
            "index.html": Self.index, "main.js": "import { a } from \"./a.js\";\nmain",
            "a.js": "import { m } from \"./main.js\";\na",
        ])
        #expect(page.script == "a\nmain")
    }
}

/// The rules by which the page's modules can be put together, and run under the policy.
@Suite struct PageSourceTests {
    private static var modules: [String: String] { PageFiles.texts.filter { $0.key.hasSuffix(".js") } }

    @Test func everyFileIsPartOfThePage() throws {
        let page = PageAssembly.page(of: PageFiles.texts)
        for (name, text) in PageFiles.texts where name != "index.html" {
            let lines = text.split(separator: "\n")
            let mark = try #require(
                lines.first { !$0.hasPrefix("import ") && !$0.hasPrefix("export ") && $0.count > 12 })
            #expect(page.html.contains(mark), "\(name)")
        }
    }

    @Test func noTwoModulesGiveTheSameNameToSomething() {
        var homes: [Substring: String] = [:]
        for (module, text) in Self.modules {
            for line in text.split(separator: "\n") {
                let declaration = /^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)/
                guard let name = line.firstMatch(of: declaration)?.output.1 else { continue }
                #expect(homes[name] == nil, "\(name) is in \(module) and \(homes[name] ?? "")")
                homes[name] = module
            }
        }
    }

    @Test func nothingIsRenamedOrFetched() {
        for (module, text) in Self.modules {
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                #expect(!line.hasPrefix("export {") && !line.hasPrefix("export default"), "\(module): \(line)")
                #expect(!line.hasPrefix("import ") || !line.contains(" as "), "\(module): \(line)")
            }
            for word in [
                "import(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "</script",
            ] {
                #expect(!text.contains(word), "\(module) has \(word)")
            }
        }
    }

    @Test func nothingIsLoadedFromElsewhere() throws {
        let html = try #require(PageFiles.texts["index.html"])
        #expect(html.matches(of: /(?:src|href)="(?!data:)[^"]*:/).isEmpty)
        #expect(html.matches(of: /\s(?:style|on\w+)="/).isEmpty)
        for (name, text) in PageFiles.texts where name.hasSuffix(".css") {
            #expect(!text.contains("url(") && !text.contains("@import") && !text.contains("</style"), "\(name)")
        }
    }
}
