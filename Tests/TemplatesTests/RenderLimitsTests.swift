import JSON
import Templates
import Testing

@Suite struct RenderLimitsTests {
    @Test(arguments: [
        "{{ 'a' * 10**9 }}",
        "{{ 'a' * 9223372036854775807 }}",
        "{{ [1] * 10**9 }}",
        "{{ [1] * 9223372036854775807 }}",
        "{% for i in range(1000000000) %}{% endfor %}",
        "{{ range(100001) }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(x) %}{{ m([x]) }}{% endmacro %}{{ m(1) }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace(t='ab') %}{% for i in range(100) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}",
        "{% set ns = namespace(t=[1]) %}{% for i in range(100) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
        "{% set ns = namespace(t=1) %}{% for i in range(90000) %}{% set ns.t = [ns.t] %}{% endfor %}{{ ns.t }}",
        "{% for i in range(90000) %}{{ 'x' * 10000 }}{% endfor %}",
        "{% for i in range(90000) %}{% set x = ('x' * 1000000)[::2] %}{% endfor %}",
        "{{ 10 ** (10 ** 10) }}",
        "{{ 9 ** 99999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ '{:.999999999f}'.format(1.5) }}",
        "{{ 'x'.center(2000000000) }}",
        "{{ 'x'.ljust(2000000000) }}",
        "{{ 'x'|center(2000000000) }}",
        "{{ ('a' * 1000000).replace('', 'b' * 1000) }}",
        "{{ ('a\n' * 100000)|indent(1000000) }}",
        "{{ '\t'.expandtabs(2000000000) }}",
        "{{ [1]|batch(2000000000, 0)|list }}",
        "{{ [1]|slice(2000000000)|list }}",
        "{{ [1]|tojson(indent=2000000000) }}",
        "{% block a %}{{ self.a() }}{% endblock %}",
        "{% for i in range(99999) %}{{ 'a' * 100000 in 'a' * 90000 ~ 'b' }}{% endfor %}",
        "{{ lipsum(n=2000000000) }}",
    ])
    func `no template can hang or exhaust memory`(source: String) throws {
        let limits = RenderLimits(steps: 500_000, depth: 500, textByteCount: 32 << 20, elementCount: 100_000)
        #expect(throws: TemplateError.self) { try Template(source).render([:], limits: limits) }
    }

    @Test func `values nested as deep as steps allow are freed`() throws {
        let source = "{% set ns = namespace(t=1) %}{% for i in range(50000) %}{% set ns.t = [ns.t] %}{% endfor %}done"
        #expect(try Template(source).render([:]).text == "done")
    }

    @Test(arguments: ["(", "[", "{'a':", "not ", "-", "x.y(", "x[", "{% if x %}{{ "])
    func `deep nesting of source is an error`(open: String) {
        for count in [1_000, 100_000] {
            let source = "{{ " + String(repeating: open, count: count)
            #expect(throws: TemplateError.self) { try Template(source) }
        }
    }

    @Test(arguments: ["+1", "|list", ".a", "[0]", " is none", "()", " and 1", " or 1", "~1", " == 1", " if 1"])
    func `long chains neither crash nor hang`(link: String) {
        let source = "{{ x" + String(repeating: link, count: 20_000) + " }}"
        _ = try? Template(source).render(["x": 1])
    }

    @Test func `a deeply nested caller value is printed or refused`() throws {
        var value: JSONValue = 1
        for _ in 0..<128 {
            value = .array([value])
        }
        let context: JSONObject = ["x": value]
        #expect(try Template("{{ x|tojson }}").render(context).text.count == 257)
        #expect(try Template("{{ x }}").render(context).text.count == 257)
        #expect(try Template("{{ x == x }}").render(context).text == "True")
    }

    @Test func `recursion as deep as schemas nest is fine`() throws {
        let source = "{% macro r(n) %}{% if n > 0 %}{{ r(n - 1) }}{% else %}end{% endif %}{% endmacro %}{{ r(60) }}"
        #expect(try Template(source).render([:]).text == "end")
    }

    /// Sixty steps that hold the one before twice: 2⁶⁰ elements in 60 lists.
    @Test(arguments: [
        "{{ x }}", "{{ x|tojson }}", "{{ x|pprint }}", "{{ '%r' % (x,) }}", "{{ '{!r}'.format(x) }}", "{{ x == y }}",
        "{{ x < y }}", "{{ x in [y] }}", "{{ [x].index(y) }}", "{{ [x].count(y) }}", "{{ [x, y]|sort }}",
        "{{ [x, y]|max }}", "{{ [[x], [y]]|groupby(0) }}", "{{ x is eq y }}", "{{ {x: 1} }}",
        "{{ [x, y]|unique|list }}",
        "{% for z in [x, y] %}{{ loop.changed(z) }}{% endfor %}",
    ])
    func `what shares its parts is not walked through without end`(use: String) throws {
        let source = """
            {% set ns = namespace(x=(1,), y=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}\
            {% set ns.y = (ns.y, ns.y) %}{% endfor %}{% set x, y = ns.x, ns.y %}
            """
        let limits = RenderLimits(steps: 100_000, depth: 500, textByteCount: 1 << 20, elementCount: 100_000)
        #expect(throws: TemplateError.self) { try Template(source + use).render([:], limits: limits) }
    }

    @Test func `limits are the caller's choice`() throws {
        let template = try Template("{% for i in range(50) %}0123456789{% endfor %}")
        #expect(try template.render([:]).text.count == 500)
        let small = RenderLimits(steps: 5_000_000, depth: 500, textByteCount: 499, elementCount: 100)
        #expect(throws: TemplateError.self) { try template.render([:], limits: small) }
        let short = RenderLimits(steps: 20, depth: 500, textByteCount: 5_000, elementCount: 100)
        #expect(throws: TemplateError.self) { try template.render([:], limits: short) }
        let narrow = RenderLimits(steps: 5_000, depth: 500, textByteCount: 5_000, elementCount: 49)
        #expect(throws: TemplateError.self) { try template.render([:], limits: narrow) }
    }

    @Test func `errors carry the line`() throws {
        let error = #expect(throws: TemplateError.self) { try Template("a\n{{ 1 }}\n{{ missing.x }}").render([:]) }
        #expect(error?.line == 3)
        #expect(error?.message == "'missing' is undefined")
        let parseError = #expect(throws: TemplateError.self) { try Template("a\n\n{% if %}") }
        #expect(parseError?.line == 3)
    }
}
