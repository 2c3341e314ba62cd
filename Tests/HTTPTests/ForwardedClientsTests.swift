import HTTPTypes
import Sockets
import Testing

@testable import HTTP

struct ForwardedClientsTests {
    private func client(
        _ trusted: [String], behind peer: SocketAddress = .ipv4(host: "127.0.0.1", port: 5), _ stations: [String]
    ) throws -> String? {
        let clients = ForwardedClients(try #require(TrustedProxies(trusted)))
        return clients.client(behind: peer, stations: stations).host
    }

    @Test func nobodyElseIsBelieved() throws {
        let field = ["203.0.113.1"]
        #expect(try client([], field) == "127.0.0.1")
        #expect(try client(["10.0.0.0/8"], field) == "127.0.0.1")
        #expect(try client(["127.0.0.1"], field) == "203.0.113.1")
        #expect(try client(["10.0.0.0/8"], behind: .unix(path: ""), field) == nil)
        #expect(try client(["unix"], behind: .unix(path: ""), field) == "203.0.113.1")
    }

    @Test func whatAClientClaimsBehindItselfCountsForNothing() throws {
        // The nearest station that is no proxy of ours; before it stands what that station said.
        #expect(try client(["127.0.0.0/8"], ["198.51.100.9, 203.0.113.1"]) == "203.0.113.1")
        #expect(try client(["127.0.0.0/8"], ["198.51.100.9", "203.0.113.1"]) == "203.0.113.1")
        #expect(try client(["127.0.0.0/8", "10.0.0.0/8"], ["203.0.113.1, 10.0.0.7,10.0.0.8 "]) == "203.0.113.1")
        #expect(try client(["127.0.0.0/8", "10.0.0.0/8"], ["10.0.0.7"]) == "10.0.0.7")
    }

    @Test(arguments: [
        ("[2001:db8::1]:443", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"), ("203.0.113.1:80", "203.0.113.1"),
        ("unknown", "127.0.0.1"), ("", "127.0.0.1"), ("203.0.113.1, _hidden", "127.0.0.1"),
        ("203.0.113.1\u{0}", "127.0.0.1"),
    ])
    func addressesAreReadAsProxiesWriteThem(field: String, host: String) throws {
        #expect(try client(["127.0.0.1"], [field]) == host)
    }

    @Test func behindItTheClientIsThePeer() async throws {
        let router = Router([
            Route(.get, "/") { _, context, writer in
                try await writer.send(HTTPResponse(status: .ok), body: Array((context.peer?.host ?? "").utf8))
            }
        ])
        let responder = router.behind([ForwardedClients(try #require(TrustedProxies(["127.0.0.1"])))])
        let name = try #require(HTTPField.Name("x-forwarded-for"))
        let request = Request(method: .get, target: "/", headers: [name: "203.0.113.1"])
        let reply = try await responder.answer(request, from: .ipv4(host: "127.0.0.1", port: 1))
        #expect(String(decoding: reply.body, as: UTF8.self) == "203.0.113.1")
    }

    @Test func namesThatAreNoNetworksAreRefused() {
        #expect(TrustedProxies(["proxy.example"]) == nil)
        #expect(TrustedProxies([""]) == nil)
    }
}
