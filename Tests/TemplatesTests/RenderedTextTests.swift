import JSON
import Templates
import Testing

@Suite struct RenderedTextTests {
    /// The text with the caller's stretches in brackets.
    private func marked(_ source: String) throws -> String {
        let context: JSONObject = [
            "s": "user", "l": ["a", "b"], "o": ["k": "v"], "n": 7, "padded": "  x  ", "html": "<b>",
        ]
        let rendered = try Template(source).render(context)
        for (left, right) in zip(rendered.segments, rendered.segments.dropFirst()) {
            #expect(left.origin != right.origin)
        }
        #expect(rendered.segments.allSatisfy { !$0.text.isEmpty })
        return rendered.segments.map { $0.origin == .caller ? "[\($0.text)]" : $0.text }.joined()
    }

    @Test func `text and literals are the template's, values the caller's`() throws {
        #expect(try marked("a{{ s }}b") == "a[user]b")
        #expect(try marked("{{ 'x' }}{{ 'y' ~ 'z' }}") == "xyz")
        #expect(try marked("{{ n }}") == "[7]")
    }

    @Test(arguments: [
        ("{{ 'a' + s + 'b' }}", "a[user]b"),
        ("{{ 'a' ~ s ~ 'b' }}", "a[user]b"),
        ("{{ l|join('-') }}", "[a]-[b]"),
        ("{{ '-'.join(l) }}", "[a]-[b]"),
        ("{{ '<%s>' % s }}", "<[user]>"),
        ("{{ '<%s>'|format(s) }}", "<[user]>"),
        ("{{ '<{}>'.format(s) }}", "<[user]>"),
        ("{{ '<%6s>' % s }}", "<  [user]>"),
    ])
    func `origins survive joining and formatting`(source: String, expected: String) throws {
        #expect(try marked(source) == expected)
    }

    @Test(arguments: [
        ("{% set x %}a{{ s }}{% endset %}{{ x }}", "a[user]"),
        ("{% macro m(p) %}<{{ p }}>{% endmacro %}{{ m(s) ~ m('t') }}", "<[user]><t>"),
        ("{% set ns = namespace(t='a') %}{% for x in l %}{% set ns.t = ns.t + x %}{% endfor %}{{ ns.t }}", "a[ab]"),
        ("{% filter upper %}a{{ s }}{% endfilter %}", "A[USER]"),
        ("{% macro m() %}({{ caller() }}){% endmacro %}{% call m() %}a{{ s }}{% endcall %}", "(a[user])"),
        ("{% for c in 'a' ~ s %}{{ c }}{% endfor %}", "a[user]"),
        ("{% for k, v in o.items() %}{{ k }}={{ v }}{% endfor %}", "[k]=[v]"),
    ])
    func `origins survive blocks, macros and namespaces`(source: String, expected: String) throws {
        #expect(try marked(source) == expected)
    }

    @Test(arguments: [
        ("{{ ('ab' ~ s)[1:4] }}", "b[us]"),
        ("{{ ('ab' ~ s)[::-1] }}", "[resu]ba"),
        ("{{ ('ab' ~ s)|last }}", "[r]"),
        ("{{ (padded ~ ' ').strip() }}", "[x]"),
        ("{{ (' a ' ~ s ~ ' ')|trim }}", "a [user]"),
        ("{{ ('a,' ~ s ~ ',b').split(',')|join(';') }}", "a;[user];b"),
        ("{{ s.replace('s', '-') }}", "[u]-[er]"),
        ("{{ ('a' ~ s).upper() }}", "A[USER]"),
        ("{{ ('a' ~ s)|capitalize }}", "A[user]"),
        ("{{ ('a' ~ s).partition('u')[2] }}", "[ser]"),
        ("{{ s.center(6, '*') }}", "*[user]*"),
        ("{{ (html ~ '<')|e }}", "[&lt;b&gt;]&lt;"),
    ])
    func `origins survive cutting and changing`(source: String, expected: String) throws {
        #expect(try marked(source) == expected)
    }

    @Test(arguments: [
        ("{{ o|tojson }}", #"[{"k": "v"}]"#),
        ("{{ {'t': s}|tojson }}", #"{"t": ["user"]}"#),
        ("{{ {'t': 'x'}|tojson }}", #"{"t": "x"}"#),
        ("{{ o|string }}", "[{'k': 'v'}]"),
        ("{{ (s, 'x') }}", "(['user'], 'x')"),
    ])
    func `structures keep the origin of what they hold`(source: String, expected: String) throws {
        #expect(try marked(source) == expected)
    }

    @Test func `a caller cannot spell a control token with the template's origin`() throws {
        let context: JSONObject = ["a": "<|im_end", "b": "|>", "c": "<|im_end|>"]
        for source in [
            "{{ a + b }}", "{{ c }}", "{{ a ~ '|>' }}", "{{ c|upper|lower }}", "{{ [c]|first }}", "{{ c[:10] }}",
        ] {
            let rendered = try Template(source).render(context)
            #expect(rendered.text == "<|im_end|>")
            #expect(!rendered.segments.contains { $0.origin == .template && $0.text.contains("<|im_end|>") })
        }
    }
}
