import JSON
import Templates
import Testing

/// Small templates whose results were taken from jinja2 3.1.6.
@Suite struct JinjaSemanticsTests {
    private static let context: JSONObject = [
        "s": "Hello World", "l": [3, 1, 2], "n": nil, "t": true, "d": ["b": 1, "a": "z"], "html": "<b>&'",
    ]

    @Test(
        arguments: [
            ("{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, b=2) }}", "1112"),
            (
                "{% for x in [1,[2,[3]]] recursive %}{{ loop(x) if x is iterable else x }}{{ loop.depth }}{% endfor %}",
                "11223321"
            ),
            ("{% set x = 1 %}{% for i in [1,2] %}{{ x }}{% set x = x + i %}{{ x }},{% endfor %}{{ x }}", "12,13,1"),
            ("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}", "3"),
            (
                "{% for x in [1,1,2] %}{{ loop.changed(x) }}{{ loop.cycle('a','b') }} {% endfor %}",
                "Truea Falseb Truea "
            ),
            ("{% block a %}[{% endblock %}{{ self.a() }}", "[["),
            ("{{ n|map('string')|list }}{{ 0|select|list }}", "[][]"),
            (
                "{{ '{:>6}|{:<4}|{:^5}|{:+}|{:,}|{:.2f}|{:x}|{:05}'.format(1, 'a', 'b', 3, 1234567, 2.345, 255, -7) }}",
                "     1|a   |  b  |+3|1,234,567|2.35|ff|-0007"
            ),
            (
                "{{ '%5.1f|%-4s|%+d|%x|%e|%g|%r' % (2.25, 'a', 3, 255, 12345.678, 1e-7, 'q') }}",
                "  2.2|a   |+3|ff|1.234568e+04|1e-07|'q'"
            ),
            (
                "{{ 2.5|round }} {{ 3.5|round }} {{ 2.675|round(2) }} {{ 1234|round(-2) }} {{ 2.1|round(0, 'ceil') }}",
                "2.0 4.0 2.67 1200 3.0"
            ),
            (
                "{{ 2**64 }} {{ 2**64 // 3 }} {{ -(2**64) % 10 }} {{ 2**0.5 }} {{ 2**-1 }}",
                "18446744073709551616 6148914691236517205 4 1.4142135623730951 0.5"
            ),
            (
                "{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1e16 }} {{ 1e-5 }} {{ 123456789012345.6 }}",
                "3.0 0.5 1e+16 1e-05 123456789012345.6"
            ),
            (
                "{{ html|e|e }} {{ html|e + '<' }} {{ html|safe ~ '<' }}",
                "&lt;b&gt;&amp;&#39; &lt;b&gt;&amp;&#39;&lt; <b>&'<"
            ),
            (
                "{{ ' a b '.split(' ') }}{{ ' a  b c'.split(none, 1) }}{{ 'a b  c '.rsplit(none, 1) }}",
                "['', 'a', 'b', '']['a', 'b c']['a b', 'c']"
            ),
            ("{{ d|dictsort }}{{ d.items() }}", "[('a', 'z'), ('b', 1)]dict_items([('b', 1), ('a', 'z')])"),
            // Values of different types have no order.
            ("{{ d|dictsort(by='value') }}", nil),
            ("{{ [{'k':'b'},{'k':'A'},{'k':'b'}]|groupby('k')|map('first')|list }}", "['A', 'b']"),
            ("{{ l.append }}|{{ s.__class__ }}|{{ s._x }}", "||"),
            ("{{ 'one two three'|wordwrap(7) }}|{{ 'abc def'|truncate(5, true, '', 0) }}", "one two\nthree|abc d"),
            ("{{ 'ΑΣ'.lower() }}{{ 'ß'.upper() }}{{ 'ǆ'.title() }}", "αςSSǅ"),
        ] as [(String, String?)])
    func `expressions and statements behave as in jinja2`(source: String, expected: String?) throws {
        #expect((try? Template(source).render(Self.context).text) == expected)
    }

    @Test(
        arguments: [
            // A pass that is cut short does not count against `else`.
            ("{% for x in l %}{{ x }}{% break %}{% else %}none{% endfor %}", "3none"),
            ("{% for x in l %}{% continue %}{% else %}none{% endfor %}", "none"),
            ("{% for x in l %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% else %}none{% endfor %}", "31"),
            ("a{#-#} b{#--#} c", "a bc"),
            ("{{ ['b', 'a']|sort(attribute='x') }}{{ [2, 1]|sort }}", "['b', 'a'][1, 2]"),
            ("{{ [1]|map('string')|reverse }}{{ ([1, 2]|map('string')|reverse)[0] }}", "['1']2"),
            ("{% for k, v in [['a', 1], ['b', 2]] if k %}{{ loop.nextitem }}{% endfor %}", "('b', 2)"),
            ("{{ 123456789012345678901 / 99999999999999999999 }}", "1.2345678901234567"),
            (
                "{{ 9007199254740993 / 3 }} {{ 10**400 / 10**399 }} {{ -(10**30) / 7 }}",
                "3002399751580331.0 10.0 -1.4285714285714285e+29"
            ),
            ("{{ 1e16 // 3 }} {{ -0.0 // 2 }} {{ (3 % -0.125)|round(1, 'ceil') }}", "3333333333333333.0 -0.0 0.0"),
            ("{{ '١٢'|int(base=8) }} {{ '١.٥'|float }}", "10 1.5"),
            ("{{ '{:>{}}|{:{}{}}'.format('a', 3, 'b', '<', 3) }}|", "  a|b  |"),
            ("{{ s|safe|batch(6)|list }}", "[['H', 'e', 'l', 'l', 'o', ' '], ['W', 'o', 'r', 'l', 'd']]"),
            ("{% generation %}{% set x = 1 %}{{ x }}{% endgeneration %}{{ x is defined }}", "1False"),
            (
                "{% for x in l %}{% block a scoped %}{{ x }}{% endblock %}{% block b %}{{ x }}{% endblock %}{% endfor %}",
                "312"
            ),
        ])
    func `rare turns are those of jinja2`(source: String, expected: String) throws {
        #expect(try Template(source).render(Self.context).text == expected)
    }

    @Test(arguments: [
        "{{ '{}{0}'.format(1) }}", "{{ '{0}{}'.format(1, 2) }}", "{{ '{:,}'.format('a') }}", "{{ '{:.2}'.format(1) }}",
        "{{ '%c' % -1 }}", "{{ ['b', 'a']|groupby('x') }}", "{{ '{:{:{}}}'.format(1, 2, 3) }}",
        "{% block a required %}x{% endblock %}",
        "{% if n %}{% for x in l if x is nosuchtest %}{% endfor %}{% endif %}",
        "{% if n %}{% filter nofilter %}{% endfilter %}{% endif %}",
        "{% if n %}{% set x | nofilter %}{% endset %}{% endif %}",
        "{% for x in l %}{% generation %}{% break %}{% endgeneration %}{% endfor %}",
    ])
    func `rare mistakes are those of jinja2`(source: String) {
        #expect(throws: TemplateError.self) { try Template(source).render(Self.context) }
    }

    @Test(arguments: [
        "{{ 1[:2] }}", "{{ d[:2] }}", "{{ l is filter }}", "{% filter length %}a{% endfilter %}", "{{ l|nofilter }}",
        "{% macro m() %}{% endmacro %}{{ m(1) }}", "{% set l.x = 1 %}", "{% set a, b = [1] %}", "{{ l|first(1) }}",
        "{{ s < 1 }}", "{{ 1 in 2 }}", "{{ s.split('') }}", "{% for a in 1 %}{% endfor %}",
        "{{ (l|map('upper'))[0].x }}",
        "{{ 1 // 0 }}", "{{ 1 % 0 }}", "{{ 1 / 0 }}", "{{ '%d' % 'x' }}", "{{ '%s' % (1, 2) }}", "{{ '{}'.format() }}",
        "{{ d.pop('a') }}", "{% include 'x' %}", "{% break %}", "{{ missing() }}", "{{ {[1]: 2} }}",
        "{{ l|tojson(1, 2, 3, 4, 5) }}",
    ])
    func `mistakes are errors`(source: String) {
        #expect(throws: TemplateError.self) { try Template(source).render(Self.context) }
    }

    @Test func `an unknown filter in a branch that does not run is no error`() throws {
        #expect(
            try Template("{% if n %}{{ s|nofilter }}{% endif %}{{ s|nofilter if n }}").render(Self.context).text == "")
    }
}
