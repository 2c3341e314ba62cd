import APIDoors
import HTTP
import HTTPTypes
import ServingTestSupport
import Testing

@testable import WebPage

@Suite struct WebPageRouteTests {
    private static func client(keys: [String] = []) throws -> APIClient {
        try APIClient(keys: keys) { _, settings in .webPage(settings: settings) }
    }

    @Test(arguments: ["/", "/index.html", "/?view=operator"])
    func thePageIsHTMLInOneFile(path: String) async throws {
        let reply = try await Self.client().get(path)
        #expect(reply.status == 200)
        #expect(reply.header("content-type") == "text/html; charset=utf-8")
        #expect(reply.header("cache-control") == "no-cache")
        #expect(reply.header("x-content-type-options") == "nosniff")
        #expect(reply.header("referrer-policy") == "no-referrer")
        #expect(reply.text.hasPrefix("<!doctype html>"))
        #expect(!reply.text.contains("src=\"main.js\""))
    }

    @Test func everybodyMayHaveIt() async throws {
        let client = try Self.client(keys: ["secret"])
        #expect(try await client.get("/").status == 200)
        #expect(try await client.send(.head, "/").status == 200)
        #expect(try await client.get("/index.html").status == 200)
        #expect(try await client.send(.post, "/").status == 401)
        #expect(try await client.get("/other.html").status == 401)
    }

    @Test func otherMethodsAreNotAllowed() async throws {
        let reply = try await Self.client().send(.post, "/")
        #expect(reply.status == 405)
        #expect(reply.header("allow") == "GET, HEAD, OPTIONS")
    }

    @Test func nothingRunsButWhatThePageHolds() async throws {
        let reply = try await Self.client().get("/")
        let policy = try #require(reply.header("content-security-policy"))
        #expect(policy.hasPrefix("default-src 'none'; "))
        #expect(!policy.contains("unsafe"))
        for directive in [
            "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
            "require-trusted-types-for 'script'", "trusted-types 'none'",
        ] {
            #expect(policy.contains("; \(directive)"))
        }
        #expect(policy.matches(of: /(script|style)-src 'sha256-[A-Za-z0-9+\/]{43}='/).count == 2)
    }

    /// The digest of "a" in Base64, which `openssl dgst -sha256 -binary | base64` writes.
    @Test func thePolicyNamesTheDigestsOfTheScriptAndTheStyle() {
        let page = EmbeddedPage(PageAssembly.Page(html: "", style: "", script: "a"))
        let policy = page.contentSecurityPolicy
        #expect(policy.contains("script-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=';"))
        #expect(policy.contains("style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';"))
    }

    @Test func itLeavesCompressedForClientsThatAcceptIt() async throws {
        let client = try Self.client()
        let plain = try await client.get("/")
        let compressed = try await client.send(.get, "/", headers: [.acceptEncoding: "br, gzip"])
        #expect(plain.header("content-encoding") == nil)
        #expect(compressed.header("content-encoding") == "gzip")
        #expect(plain.header("vary") == "accept-encoding" && compressed.header("vary") == "accept-encoding")
        #expect(compressed.response.body.count < plain.response.body.count / 2)
        #expect(Array(compressed.response.body.prefix(2)) == [0x1F, 0x8B])
        #expect(plain.header("etag") != compressed.header("etag"))
    }

    @Test func aClientThatHasItIsToldSo() async throws {
        let client = try Self.client()
        let tag = try #require(try await client.get("/").header("etag"))
        for field in [tag, "W/\(tag)", "\"other\", \(tag)", "\"other\" ,\t\(tag) ", "*"] {
            let reply = try await client.send(.get, "/", headers: [.ifNoneMatch: field])
            #expect(reply.status == 304, "\(field)")
            #expect(reply.header("etag") == tag)
            #expect(reply.response.body.isEmpty)
        }
        for field in ["\"other\"", tag.replacing("\"", with: ""), ""] {
            #expect(try await client.send(.get, "/", headers: [.ifNoneMatch: field]).status == 200, "\(field)")
        }
    }

    @Test func theDescriptionNamesIt() async throws {
        try await Self.client().checkDescription(free: [])
    }
}
