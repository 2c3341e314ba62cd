import Testing

@testable import Sockets

struct NumericAddressTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("192.0.2.128/25", "192.0.2.127", false), ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "::1", false), ("::/0", "10.0.0.1", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("2001:db8::1/128", "2001:db8::1", true),
        ("fe80::/72", "fe80::aa:0:0:0", true), ("fe80::/72", "fe80:0:0:0:100::", false),
        ("::ffff:10.0.0.0/8", "10.9.9.9", true), ("10.0.0.0/8", "::ffff:10.9.9.9", true),
    ])
    func aNetworkIsAllThatBeginsAlike(network: String, address: String, isIn: Bool) throws {
        let network = try #require(NumericAddress.Network(network))
        #expect(try network.contains(#require(NumericAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/-1", "10.0.0.0/", "example", "1.2.3.4:80", "[::1]",
    ])
    func otherTextsAreNone(text: String) {
        #expect(NumericAddress.Network(text) == nil)
    }

    @Test func aSubscriberHasANetworkOfIPv6() throws {
        func subscriber(_ text: String) throws -> NumericAddress { try #require(NumericAddress(text)).subscriber }
        #expect(try subscriber("2001:db8:0:1::5") == subscriber("2001:db8:0:1:ffff::"))
        #expect(try subscriber("2001:db8:0:1::5") != subscriber("2001:db8:0:2::5"))
        #expect(try subscriber("192.0.2.1") != subscriber("192.0.2.2"))
    }
}
