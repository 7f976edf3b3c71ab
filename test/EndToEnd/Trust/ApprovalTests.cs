using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Admin;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Where others must approve a change of a policy, nobody changes one alone, and nothing half approved is in force.</summary>
[Trait("Group", "TrustApprovals")]
public sealed class ApprovalTests
{
    private const string Allow = "package policy\nallow := true";
    private const string Deny = "package policy\nallow := false";
    private const string Id = "resource-policy";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_is_in_force_with_the_last_approval_and_not_before()
    {
        await using var stage = await StartAsync();
        using var alice = await PersonAsync(stage, "alice");
        using var bob = await PersonAsync(stage, "bob");
        using var carol = await PersonAsync(stage, "carol");
        var before = await DigestAsync(stage);

        var proposed = await alice.SetPolicyAsync(PolicyKind.Resource, Id, Allow, Cancel);
        var proposal = (string)proposed["proposal"]!;
        Assert.Equal(("open", 2, null), ((string?)proposed["state"], (int?)proposed["needed"], proposed["version"]));
        Assert.Equal(Allow, (string?)(await bob.GetProposalAsync(proposal, Cancel))["policy"]);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(() => alice.ApproveProposalAsync(proposal, Cancel)));
        Assert.Single((await bob.ApproveProposalAsync(proposal, Cancel))["approvals"]!.AsArray());
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(() => bob.ApproveProposalAsync(proposal, Cancel)));
        using (var again = await PersonAsync(stage, "bob"))
            Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(() => again.ApproveProposalAsync(proposal, Cancel)));
        Assert.Equal(before, await DigestAsync(stage));

        var applied = await carol.ApproveProposalAsync(proposal, Cancel);

        Assert.Equal(("applied", 2), ((string?)applied["state"], (int?)applied["version"]));
        Assert.Equal((string?)proposed["digest"], await DigestAsync(stage));
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(() => carol.ApproveProposalAsync(proposal, Cancel)));
        var version = (await stage.Admin.GetPolicyHistoryAsync(PolicyKind.Resource, Id, Cancel))["versions"]!.AsArray()[^1]!;
        Assert.StartsWith("policy-author alice", (string)version["author"]!, StringComparison.Ordinal);
        Assert.Contains(proposal, (string)version["note"]!, StringComparison.Ordinal);
        var reasons = (await stage.Admin.ListAuditAsync(null, null, Cancel))["lines"]!.AsArray().Select(line => (string?)line!["reason"]).OfType<string>().ToList();
        Assert.Contains(reasons, reason => reason == $"proposal {proposal} of {proposed["digest"]}");
        Assert.Contains(reasons, reason => reason.StartsWith("open with 1 approvals", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.StartsWith($"applied with 2 approvals, version 2 of {Id}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_way_to_change_a_policy_asks_for_approval()
    {
        await using var stage = await StartAsync();
        var before = await DigestAsync(stage);

        foreach (var change in (Func<Task<JsonObject?>>[])
            [
                async () => await stage.Admin.SetPolicyAsync(PolicyKind.Attestation, "default_cpu", "package policy\nx := 1", Cancel),
                async () => await stage.Admin.RollBackPolicyAsync(PolicyKind.Resource, Id, 1, Cancel),
                () => stage.Admin.DeletePolicyAsync(PolicyKind.Attestation, "default_gpu", Cancel),
            ])
            Assert.Equal("open", (string?)(await change())!["state"]);
        using var upstream = new KbsConfigClient(stage.Connect(), KbsCredential.Bearer(stage.AdminToken));
        foreach (var change in (Func<Task>[])
            [
                () => upstream.SetResourcePolicyAsync(Allow, Cancel),
                () => upstream.SetAttestationPolicyAsync("rego", "default_cpu", "package policy\nx := 1", Cancel),
            ])
        {
            var refusal = await Assert.ThrowsAsync<KbsException>(change);
            Assert.Equal(HttpStatusCode.Conflict, refusal.Status);
            Assert.Contains("nothing was changed or proposed", refusal.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(before, await DigestAsync(stage));
        Assert.Equal(3, (await stage.Admin.ListProposalsAsync(Cancel))["proposals"]!.AsArray().Count);
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(() => stage.Admin.SetPolicyAsync(PolicyKind.Resource, Id, "no policy", Cancel)));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(() => stage.Admin.DeletePolicyAsync(PolicyKind.Resource, "resource/x", Cancel)));
    }

    [Fact]
    public async Task A_proposal_against_an_older_policy_does_not_take_effect()
    {
        await using var stage = await StartAsync(approvals: 1);
        using var alice = await PersonAsync(stage, "alice");
        using var bob = await PersonAsync(stage, "bob");
        var text = (string)(await stage.Admin.GetPolicyAsync(PolicyKind.Resource, Id, Cancel))["policy"]!;
        var ids = new List<string>();
        foreach (var rego in (string[])[Allow, Deny, text, Allow])
            ids.Add((string)(await alice.SetPolicyAsync(PolicyKind.Resource, Id, rego, Cancel))["proposal"]!);

        await bob.ApproveProposalAsync(ids[1], Cancel);
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(() => bob.ApproveProposalAsync(ids[0], Cancel)));
        var back = (string)(await alice.RollBackPolicyAsync(PolicyKind.Resource, Id, 1, Cancel))["proposal"]!;
        await bob.ApproveProposalAsync(back, Cancel);

        // The text is what it was; the policy is not.
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(() => bob.ApproveProposalAsync(ids[3], Cancel)));
        Assert.Equal(text, (string?)(await stage.Admin.GetPolicyAsync(PolicyKind.Resource, Id, Cancel))["policy"]);
        var states = (await stage.Admin.ListProposalsAsync(Cancel))["proposals"]!.AsArray().Select(one => (string)one!["state"]!);
        Assert.Equal(["applied", "superseded", "open", "applied", "superseded"], states);
    }

    [Fact]
    public async Task A_proposal_ends_with_a_rejection_or_its_time()
    {
        await using var stage = await StartAsync(approvals: 1, tls: false);
        using var alice = await PersonAsync(stage, "alice");
        using var bob = await PersonAsync(stage, "bob");
        using var viewer = await PersonAsync(stage, "victor", "viewer");
        var rejected = (string)(await alice.SetPolicyAsync(PolicyKind.Resource, Id, Allow, Cancel))["proposal"]!;
        var late = (string)(await alice.SetPolicyAsync(PolicyKind.Resource, Id, Deny, Cancel))["proposal"]!;
        var before = await DigestAsync(stage);

        await viewer.GetProposalAsync(late, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(() => viewer.ApproveProposalAsync(late, Cancel)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(() => viewer.RejectProposalAsync(late, Cancel)));
        Assert.Equal("rejected", (string?)(await bob.RejectProposalAsync(rejected, Cancel))["state"]);
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(() => bob.ApproveProposalAsync(rejected, Cancel)));
        stage.Clock.Skip(TimeSpan.FromDays(7));
        using var later = await PersonAsync(stage, "bob");
        Assert.Equal(HttpStatusCode.Conflict, await StatusAsync(() => later.ApproveProposalAsync(late, Cancel)));
        Assert.Equal("expired", (string?)(await later.GetProposalAsync(late, Cancel))["state"]);
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(() => later.ApproveProposalAsync("0123456789ab0123456789abcdef", Cancel)));
        Assert.Equal(before, await DigestAsync(stage));
    }

    [Fact]
    public async Task Approvals_that_come_together_count_once_each_and_change_the_policy_once()
    {
        await using var stage = await StartAsync(approvals: 4);
        using var author = await PersonAsync(stage, "author");
        var proposal = (string)(await author.SetPolicyAsync(PolicyKind.Resource, Id, Allow, Cancel))["proposal"]!;

        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            using var person = await PersonAsync(stage, $"person{i % 6}");
            return await StatusAsync(() => person.ApproveProposalAsync(proposal, Cancel));
        }));

        Assert.Equal(4, results.Count(status => status == HttpStatusCode.OK));
        Assert.All(results, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Conflict));
        Assert.Equal(2, (await stage.Admin.GetPolicyHistoryAsync(PolicyKind.Resource, Id, Cancel))["versions"]!.AsArray().Count);
    }

    [Fact]
    public async Task Who_has_no_subject_has_no_voice()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var stage = await TrustStage.StartAsync(
            issuers: [new AdminIssuer([JwtVerificationKey.FromPem(key.ExportSubjectPublicKeyInfoPem())])], broker: new() { RequiredApprovals = 1 });
        var claims = new JsonObject { ["role"] = "admin", ["exp"] = stage.Clock.GetUtcNow().ToUnixTimeSeconds() + 600 };
        using var nobody = new KbsAdminClient(stage.Connect(), JsonWebToken.SignEs256(key, """{"alg":"ES256"}"""u8, JsonText.Utf8(claims)));

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(() => nobody.SetPolicyAsync(PolicyKind.Resource, Id, Allow, Cancel)));
        var proposal = (string)(await stage.Admin.SetPolicyAsync(PolicyKind.Resource, Id, Allow, Cancel))["proposal"]!;
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(() => nobody.ApproveProposalAsync(proposal, Cancel)));
    }

    [Fact]
    public async Task The_command_line_proposes_shows_and_approves()
    {
        await using var stage = await StartAsync(approvals: 1);
        var file = Path.Combine(stage.Directory, "policy.rego");
        await File.WriteAllTextAsync(file, Allow, Cancel);
        var alice = await EnvironmentAsync("alice");
        var bob = await EnvironmentAsync("bob");

        var set = await NacreProgram.RunAsync(["policy", "set", "resource", file], alice);
        set.AssertDone();
        Assert.Contains("is open, 0 of 1 approvals", set.Error, StringComparison.Ordinal);
        var list = await NacreProgram.RunAsync(["policy", "proposals", "-o", "json"], bob);
        var proposal = (string)JsonNode.Parse(list.Output)![0]!["proposal"]!;
        (await NacreProgram.RunAsync(["policy", "approve", proposal], alice)).AssertFailed(3, "does not approve it");
        var approved = await NacreProgram.RunAsync(["policy", "approve", proposal], bob);
        Assert.Contains("version 2 is in force", approved.Error, StringComparison.Ordinal);
        (await NacreProgram.RunAsync(["policy", "reject", proposal], bob)).AssertFailed(1, "is applied");

        async Task<Dictionary<string, string?>> EnvironmentAsync(string name) => new()
        {
            ["NACRE_URL"] = stage.Server.Url.ToString(),
            ["NACRE_CACERT"] = TrustServer.CaPath(stage.Directory),
            ["NACRE_TOKEN"] = await TokenAsync(stage, name, "policy-author"),
        };
    }

    private static Task<TrustStage> StartAsync(int approvals = 2, bool tls = true) =>
        TrustStage.StartAsync(broker: new BrokerOptions { RequiredApprovals = approvals }, tls: tls);

    private static async Task<KbsAdminClient> PersonAsync(TrustStage stage, string name, string role = "policy-author") =>
        new(stage.Connect(), await TokenAsync(stage, name, role));

    private static async Task<string> TokenAsync(TrustStage stage, string name, string role) =>
        (string)(await stage.Admin.CreateTokenAsync(new() { ["role"] = role, ["subject"] = name, ["seconds"] = 3600 }, Cancel))["token"]!;

    private static async Task<string?> DigestAsync(TrustStage stage) =>
        (string?)(await stage.Admin.GetPolicyAsync(PolicyKind.Resource, Id, Cancel))["digest"];

    private static async Task<HttpStatusCode?> StatusAsync(Func<Task> action)
    {
        try
        {
            await action();
            return HttpStatusCode.OK;
        }
        catch (KbsException e)
        {
            return e.Status;
        }
    }
}
