import HTTPTypes
import Testing

@testable import HTTP

struct RequestParserTests {
    static let messages = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\n\r\nhello",
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=\"y\"\r\n world\r\n0\r\nT: v\r\n\r\n",
        "\r\nHEAD /%7Euser HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost:\r\nX: \t a b \t\r\n\r\n",
        "GET http://example.com:8000?q HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n",
        "PUT /e HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
    ]

    @Test func aRequestWithABodyIsReadWhole() throws {
        let items = parse(Self.messages[1])
        guard case .head(let head)? = items.first else {
            Issue.record("no head: \(items)")
            return
        }
        #expect(head.method == .post)
        #expect(head.target == "/v1/chat/completions?x=1")
        #expect(head.headers[HTTPField.Name.contentLength] == "5")
        #expect(head.framing == .length(5))
        #expect(head.keepsAlive)
        #expect(items.dropFirst() == [.body(Array("hello".utf8)), .end])
    }

    @Test func chunksAreJoinedAndTrailersDropped() {
        #expect(parse(Self.messages[2]).dropFirst() == [.body(Array("hello world".utf8)), .end])
    }

    @Test func absoluteFormBecomesOriginForm() {
        guard case .head(let head)? = parse(Self.messages[5]).first else {
            Issue.record("no head")
            return
        }
        #expect(head.target == "/?q")
        #expect(!head.keepsAlive)
    }

    @Test func pipelinedRequestsComeOneAfterTheOther() {
        let all = parse(Self.messages.joined())
        #expect(all.count { $0 == .end } == Self.messages.count)
        #expect(all == Self.messages.flatMap { parse($0) })
    }

    @Test func theResultDoesNotDependOnTheCut() {
        let input = Array(Self.messages.joined().utf8)
        let whole = parse(input)
        #expect(parse(input, cuts: Array(1..<input.count)) == whole)
        var random = SeededGenerator(state: 1)
        for _ in 0..<200 {
            let cuts = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                Int.random(in: 0...input.count, using: &random)
            }
            #expect(parse(input, cuts: cuts) == whole)
        }
    }

    @Test func mutatedRequestsNeverCrashAndNeverDependOnTheCut() {
        var random = SeededGenerator(state: 7)
        let bytes: [UInt8] = Array("\r\n :;,\t\0aZ059/%?{}\u{7F}".utf8) + [0x80, 0xFF]
        let original = Array(Self.messages.joined().utf8)
        for _ in 0..<3_000 {
            var input = original
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<input.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: input[place] = bytes.randomElement(using: &random) ?? 0
                case 1: input.insert(bytes.randomElement(using: &random) ?? 0, at: place)
                case 2: input.remove(at: place)
                default:
                    let end = min(input.count, place + Int.random(in: 1...40, using: &random))
                    input.insert(contentsOf: input[place..<end], at: Int.random(in: 0...input.count, using: &random))
                }
            }
            let cuts = (0..<4).map { _ in Int.random(in: 0...input.count, using: &random) }
            #expect(parse(input, cuts: cuts) == parse(input))
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{0B}chunked\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /# HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\n", 417),
        ("\r\n\r\n\r\nGET / HTTP/1.1\r\n", 400),
    ])
    func formsThatTwoServersCouldReadDifferentlyAreRefused(text: String, status: Int) {
        #expect(refusal(text) == status)
    }

    @Test(arguments: [
        "5\r\nhelloX\r\n", "5 \r\n", "+5\r\n", "0x5\r\n", "\r\n", ";x\r\n", "5\n", "-1\r\n", "fffffffffffffffff\r\n",
        "5;\u{01}\r\n", "0\r\nbad trailer\r\n\r\n", "0\r\n folded: x\r\n\r\n",
    ])
    func brokenChunksAreRefused(chunks: String) {
        #expect(refusal("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks) == 400)
    }

    @Test func eachLimitHasItsStatus() {
        var limits = HTTPLimits()
        limits.lineByteLimit = 100
        limits.fieldLimit = 5
        limits.headByteLimit = 300
        limits.bodyByteLimit = 10
        let long = String(repeating: "a", count: 200)
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        let chunked = start + "Transfer-Encoding: chunked\r\n\r\n"
        #expect(refusal("GET /\(long)", limits: limits) == 414)
        #expect(refusal(start + "X: \(long)", limits: limits) == 431)
        #expect(refusal(start + String(repeating: "X: a\r\n", count: 6), limits: limits) == 431)
        #expect(refusal(start + String(repeating: "X: \(long.prefix(80))\r\n", count: 4), limits: limits) == 431)
        #expect(refusal(start + "Content-Length: 11\r\n\r\n", limits: limits) == 413)
        #expect(refusal(chunked + "b\r\n", limits: limits) == 413)
        #expect(refusal(chunked + "6\r\nsixsix\r\n5\r\n", limits: limits) == 413)
        #expect(refusal(chunked + "0\r\n" + String(repeating: "T: a\r\n", count: 6), limits: limits) == 431)
        #expect(refusal(start + "Content-Length: 10\r\n\r\n0123456789", limits: limits) == nil)
    }
}
