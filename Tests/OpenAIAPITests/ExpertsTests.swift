import APIDoors
import JSON
import ServingTestSupport
import Testing

@testable import OpenAIAPI

@Suite struct ExpertsTests {
    @Test func aDenseModelHasNoLayersWithExperts() async throws {
        let reply = try await APIClient().get("/experts").json
        #expect(reply == ["object": "list", "data": [["model": "test-model", "expert_count": 0, "layers": []]]])
    }

    @Test func keysThatWatchTheServerSeeThem() async throws {
        let keys = try AccessKeyFile.parse("watcher metrics\nuser infer\n")
        let client = try APIClient(access: AccessControl(keys: keys))
        #expect(try await client.send(.get, "/experts", headers: [.authorization: "Bearer watcher"]).status == 200)
        #expect(try await client.send(.get, "/experts", headers: [.authorization: "Bearer user"]).status == 403)
    }
}
