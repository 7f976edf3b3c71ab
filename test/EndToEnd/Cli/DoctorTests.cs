using System.Text.Json.Nodes;
using Nacre.Cli.Doctor;
using Nacre.EndToEndTests.Trust;
using Nacre.Formats.Jose;

namespace Nacre.EndToEndTests.Cli;

/// <summary><c>nacre doctor</c> against servers that are well and servers that are not.</summary>
[Trait("Group", "TrustDoctor")]
public sealed class DoctorTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-doctor-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_directory.FullName, "data");

    [Fact]
    public async Task A_server_in_order_is_0_when_nothing_is_to_be_said()
    {
        await using var server = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0");
        using var admin = ServeProcess.ConnectAdmin(server.Url, Data);
        await admin.AddReferenceValuesAsync(new JsonObject { ["svn"] = new JsonArray("1") }, Cancel);
        var token = (string)(await admin.CreateTokenAsync(new JsonObject { ["role"] = "viewer", ["seconds"] = 3600 }, Cancel))["token"]!;

        var (code, rows) = await LookAsync("--url", server.Url.ToString(), "--cacert", Path.Combine(Data, "ca.pem"), "--token", token, "--data", Data);

        Assert.True(code == 0, string.Join('\n', rows.Where(row => row.Value.Status != "ok")));
        Assert.Equal(
            [
                "data directory", "master key", "admin token file", "disk", "address", "clock difference", "version", "ready", "ready: store",
                "ready: audit", "ready: token-keys", "ready: clock", "ready: clock-of-others", "ready: collateral", "admin token", "policies",
                "reference values", "token keys",
            ],
            rows.Keys);
        Assert.Contains("Tls13", rows["address"].Found, StringComparison.Ordinal);
        Assert.Contains("role viewer", rows["admin token"].Found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_should_be_looked_at_is_1_with_a_remedy()
    {
        await using var server = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0");

        var (code, rows) = await LookAsync(
            "--url", server.Url.ToString(), "--cacert", Path.Combine(Data, "ca.pem"), "--token", $"@{Path.Combine(Data, "admin-token")}");

        Assert.Equal(1, code);
        Assert.Equal(["admin token", "reference values"], rows.Where(row => row.Value.Status == "warn").Select(row => row.Key));
        Assert.All(rows.Values.Where(row => row.Status != "ok"), row => Assert.NotEqual("", row.Remedy));
    }

    [Fact]
    public async Task What_does_not_work_is_2_and_says_why()
    {
        await using var server = await ServeProcess.StartAsync("--data", Data, "--url", "https://0.0.0.0:0");
        using var other = new TlsFolder();
        var ca = Path.Combine(Data, "ca.pem");

        var (code, rows) = await LookAsync("--url", $"https://127.0.0.1:{server.Url.Port}", "--cacert", other.AuthorityFile);
        Assert.Equal((2, "fail"), (code, rows["address"].Status));
        Assert.Contains("not of an authority", rows["address"].Found, StringComparison.Ordinal);

        (code, rows) = await LookAsync("--url", $"https://127.0.0.2:{server.Url.Port}", "--cacert", ca);
        Assert.Equal(2, code);
        Assert.Contains("not for 127.0.0.2", rows["address"].Found, StringComparison.Ordinal);

        (code, rows) = await LookAsync("--url", $"https://127.0.0.1:{server.Url.Port}", "--cacert", ca, "--token", "nonsense");
        Assert.Equal((2, "fail"), (code, rows["admin token"].Status));

        File.SetUnixFileMode(Path.Combine(Data, "admin-token"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        (code, rows) = await LookAsync("--url", $"https://127.0.0.1:{server.Url.Port}", "--cacert", ca, "--data", Data);
        Assert.Equal((2, "fail"), (code, rows["admin token file"].Status));

        await server.TerminateAsync();
        (code, rows) = await LookAsync("--url", $"https://127.0.0.1:{server.Url.Port}", "--cacert", ca);
        Assert.Equal((2, "fail"), (code, rows["address"].Status));
    }

    [Fact]
    public async Task A_probe_asks_for_readiness_alone()
    {
        await using var server = await ServeProcess.StartAsync("--data", Data, "--url", "https://127.0.0.1:0");
        string[] probe = ["doctor", "--ready", "--url", server.Url.ToString(), "--cacert", Path.Combine(Data, "ca.pem")];

        var up = await NacreProgram.RunAsync(probe);
        await server.TerminateAsync();
        var down = await NacreProgram.RunAsync(probe);

        Assert.Equal((0, 2), (up.ExitCode, down.ExitCode));
        Assert.StartsWith("CHECK", up.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-07-01T00:00:00Z", "Ok", "30 days")]
    [InlineData("2026-06-05T00:00:00Z", "Warn", "svn ends in 4 days")]
    [InlineData("2026-05-05T00:00:00Z", "Warn", "svn has ended")]
    public void Reference_values_near_their_end_are_told(string end, string status, string found)
    {
        var reply = new JsonObject { ["reference-values"] = new JsonArray(new JsonObject { ["name"] = "svn", ["expiration"] = end }) };

        var finding = AdminChecks.ReferenceValues(reply, s_now);

        Assert.Equal(status, finding.Status.ToString());
        Assert.Contains(found, finding.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_near_its_end_and_missing_policies_are_told()
    {
        var claims = new JsonObject { ["role"] = "viewer", ["iat"] = s_now.ToUnixTimeSeconds() - 3000, ["exp"] = s_now.ToUnixTimeSeconds() + 300 };
        var token = $"{Base64UrlText.Encode("""{"alg":"ES256"}"""u8)}.{Base64UrlText.Encode(System.Text.Encoding.UTF8.GetBytes(claims.ToJsonString()))}.c2ln";

        Assert.Equal(DoctorStatus.Warn, AdminChecks.Token(token, s_now).Status);
        Assert.Contains("role viewer, 50 min old, ends in 5 min", AdminChecks.Token(token, s_now).Found, StringComparison.Ordinal);
        Assert.Equal(DoctorStatus.Fail, AdminChecks.Policies(new JsonObject { ["policies"] = new JsonArray() }).Status);
        Assert.Equal(DoctorStatus.Fail, AdminChecks.TokenKeys(new JsonObject { ["keys"] = new JsonArray() }, s_now).Status);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static async Task<(int Code, Dictionary<string, Row> Rows)> LookAsync(params string[] arguments)
    {
        var result = await NacreProgram.RunAsync(["doctor", "--json", .. arguments]);
        var rows = JsonNode.Parse(result.Output)!.AsArray().ToDictionary(
            row => row!["check"]!.ToString(),
            row => new Row(row!["status"]!.ToString(), row["found"]!.ToString(), row["remedy"]!.ToString()));
        return (result.ExitCode, rows);
    }

    private sealed record Row(string Status, string Found, string Remedy);
}
