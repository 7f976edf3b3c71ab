using System.Net;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.EndToEndTests.Cli;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.EndToEndTests.Trust;

/// <summary>
/// Policies have versions and a way back, may be for one path, and can be tried on what was recorded before they are in force.
/// </summary>
[Trait("Group", "TrustPolicies")]
public sealed class PolicyHistoryTests
{
    private const string AllowAll = "package policy\nallow := true\n";
    private const string DenyAll = "package policy\nallow := false\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Versions_are_kept_and_an_earlier_one_can_be_put_in_force_again()
    {
        await using var stage = await TrustStage.StartAsync();
        using var guest = stage.SampleGuest();
        Assert.False(await GetsAsync(guest, TrustStage.Secret));
        var set = await stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, AllowAll, Cancel);
        Assert.Equal((2, 0), ((int)set["version"]!, set["warnings"]!.AsArray().Count));
        Assert.True(await GetsAsync(guest, TrustStage.Secret));

        var back = await stage.Admin.RollBackPolicyAsync(PolicyKind.Resource, "resource-policy", 1, Cancel);

        Assert.Equal(3, (int)back["version"]!);
        Assert.False(await GetsAsync(guest, TrustStage.Secret));
        var versions = (await stage.Admin.GetPolicyHistoryAsync(PolicyKind.Resource, "resource-policy", Cancel))["versions"]!.AsArray();
        Assert.Equal([(1, "nacre", "default"), (2, "admin token", null), (3, "admin token", "rollback to 1")], versions.Select(version =>
            ((int)version!["version"]!, (string)version["author"]!, (string?)version["note"])));
        Assert.Equal((string?)versions[0]!["digest"], (string?)versions[2]!["digest"]);
        Assert.Equal(AllowAll, (string?)(await stage.Admin.GetPolicyVersionAsync(PolicyKind.Resource, "resource-policy", 2, Cancel))["policy"]);
        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<KbsException>(
            () => stage.Admin.RollBackPolicyAsync(PolicyKind.Resource, "resource-policy", 4, Cancel))).Status);
    }

    [Fact]
    public async Task Changes_at_one_time_are_versions_one_after_the_other()
    {
        await using var stage = await TrustStage.StartAsync();
        var set = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            stage.Admin.SetPolicyAsync(PolicyKind.Attestation, "mine_cpu", $"package policy\nx := {i}\n", Cancel)));

        Assert.Equal(Enumerable.Range(1, 20), set.Select(change => (int)change["version"]!).Order());
        var last = set.MaxBy(change => (int)change["version"]!)!;
        Assert.Equal((string?)last["digest"], (string?)(await stage.Admin.GetPolicyAsync(PolicyKind.Attestation, "mine_cpu", Cancel))["digest"]);
    }

    [Fact]
    public async Task The_policy_of_the_longest_path_decides()
    {
        await using var stage = await TrustStage.StartAsync();
        foreach (var path in (string[])["default/key/2", "default2/key/1", "other/key/1"])
            await stage.Admin.PutResourceAsync(ResourceUri.Parse($"kbs:///{path}"), SecretBytes.Copy("x"u8), Cancel);
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, DenyAll, Cancel);
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, "resource/default", AllowAll, Cancel);
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, "resource/default/key/2", DenyAll, Cancel);
        using var guest = stage.SampleGuest();

        Assert.True(await GetsAsync(guest, TrustStage.Secret));
        Assert.False(await GetsAsync(guest, ResourceUri.Parse("kbs:///default/key/2")));
        Assert.False(await GetsAsync(guest, ResourceUri.Parse("kbs:///default2/key/1")));
        Assert.False(await GetsAsync(guest, ResourceUri.Parse("kbs:///other/key/1")));

        await stage.Admin.DeletePolicyAsync(PolicyKind.Resource, "resource/default/key/2", Cancel);
        Assert.True(await GetsAsync(guest, ResourceUri.Parse("kbs:///default/key/2")));
        await stage.Admin.RollBackPolicyAsync(PolicyKind.Resource, "resource/default/key/2", 1, Cancel);
        Assert.False(await GetsAsync(guest, ResourceUri.Parse("kbs:///default/key/2")));
        Assert.Equal(HttpStatusCode.Conflict, (await Assert.ThrowsAsync<KbsException>(
            () => stage.Admin.DeletePolicyAsync(PolicyKind.Resource, "resource-policy", Cancel))).Status);
    }

    [Theory]
    [InlineData("resource")]
    [InlineData("resource/.hidden")]
    [InlineData("a/b/c/d/e/f/g/h/i")]
    [InlineData("other-policy")]
    public async Task An_id_that_is_no_path_is_refused(string id)
    {
        await using var stage = await TrustStage.StartAsync();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.Admin.SetPolicyAsync(PolicyKind.Resource, id, AllowAll, Cancel));

        Assert.Equal(HttpStatusCode.BadRequest, refusal.Status);
    }

    [Fact]
    public async Task A_claim_that_no_verifier_says_is_warned_of()
    {
        await using var stage = await TrustStage.StartAsync();

        var attestation = await stage.Admin.SetPolicyAsync(
            PolicyKind.Attestation, "mine_cpu", "package policy\ntrust_claims := {\"executables\": 3} if input.snp.mesurement == \"00\"\n", Cancel);
        var resource = await stage.Admin.SetPolicyAsync(
            PolicyKind.Resource, null, "package policy\nallow if input.submods.cpu0[\"ear.veraison.annotated-evidence\"].snp.polcy == 1\n", Cancel);

        Assert.Contains("mesurement", (string?)Assert.Single(attestation["warnings"]!.AsArray()), StringComparison.Ordinal);
        Assert.Contains("snp.polcy", (string?)Assert.Single(resource["warnings"]!.AsArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_tells_which_recorded_decisions_would_change_and_changes_nothing()
    {
        await using var stage = await TrustStage.StartAsync();
        using var refused = stage.SampleGuest();
        Assert.False(await GetsAsync(refused, TrustStage.Secret));
        await stage.AffirmSampleAsync();
        using var affirmed = stage.SampleGuest();
        Assert.True(await GetsAsync(affirmed, TrustStage.Secret));

        var allow = await stage.Admin.DryRunPolicyAsync(PolicyKind.Resource, "resource-policy", AllowAll, Cancel);
        Assert.Equal((2, 1), ((int)allow["evaluated"]!, (int)allow["changes"]!));
        var change = allow["changed"]![0]!;
        Assert.Equal(("resource/default/key/1", "denied", "allowed"), ((string)change["subject"]!, (string)change["before"]!, (string)change["after"]!));
        Assert.Equal(1, (int)(await stage.Admin.DryRunPolicyAsync(PolicyKind.Resource, "resource/default", DenyAll, Cancel))["changes"]!);
        Assert.Equal(0, (int)(await stage.Admin.DryRunPolicyAsync(PolicyKind.Resource, "resource/other", DenyAll, Cancel))["evaluated"]!);

        // With the reference values of now both appraisals would be affirming, and neither with this one.
        var none = await stage.Admin.DryRunPolicyAsync(PolicyKind.Attestation, "default_cpu", "package policy\ntrust_claims := {\"executables\": 33}\n", Cancel);
        Assert.Equal((2, 2), ((int)none["evaluated"]!, (int)none["changes"]!));
        Assert.StartsWith("affirming", (string?)none["changed"]![0]!["before"], StringComparison.Ordinal);
        Assert.Equal("warning (executables 33)", (string?)none["changed"]![0]!["after"]);
        Assert.Equal(HttpStatusCode.BadRequest, (await Assert.ThrowsAsync<KbsException>(
            () => stage.Admin.DryRunPolicyAsync(PolicyKind.Attestation, "default_cpu", "no policy", Cancel))).Status);

        Assert.Single((await stage.Admin.GetPolicyHistoryAsync(PolicyKind.Resource, "resource-policy", Cancel))["versions"]!.AsArray());
    }

    [Fact]
    public async Task The_command_line_sets_shows_compares_and_rolls_back()
    {
        await using var stage = await TrustStage.StartAsync();
        var file = Path.Combine(stage.Directory, "new.rego");
        await File.WriteAllTextAsync(file, AllowAll, Cancel);

        Assert.Contains("version 2", (await RunAsync(stage, "policy", "set", "resource", file)).Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, DenyAll, Cancel);
        Assert.Contains("0 of 0", (await RunAsync(stage, "policy", "dry-run", "resource-policy", file)).Error, StringComparison.Ordinal);
        await RunAsync(stage, "policy", "set", "resource", file);
        var difference = (await RunAsync(stage, "policy", "diff", "resource-policy")).Output;
        Assert.Equal(" package policy\n-allow := true\n+allow := false\n", difference);
        await RunAsync(stage, "policy", "rollback", "resource-policy", "--to", "2");
        var versions = JsonNode.Parse((await RunAsync(stage, "policy", "history", "resource-policy", "-o", "json")).Output)!.AsArray();
        Assert.Equal([1, 2, 3, 4], versions.Select(version => (int)version!["version"]!));
        Assert.Equal(AllowAll, (await RunAsync(stage, "policy", "get", "resource")).Output);
        var token = (await RunAsync(stage, "admin", "token", "--role", "auditor", "--for", "5m")).Output.Trim();
        var lines = await NacreProgram.RunAsync(["audit", "list", "-o", "json", "--since", "2020-01-01"], Environment(stage, token));
        Assert.Contains("policy-rollback", lines.Output, StringComparison.Ordinal);
        (await NacreProgram.RunAsync(["policy", "rollback", "resource-policy", "--to", "1"], Environment(stage, token))).AssertFailed(3, "Role auditor");
    }

    private static async Task<ProgramResult> RunAsync(TrustStage stage, params string[] arguments)
    {
        var result = await NacreProgram.RunAsync(arguments, Environment(stage, stage.AdminToken));
        result.AssertDone();
        return result;
    }

    private static Dictionary<string, string?> Environment(TrustStage stage, string token) => new()
    {
        ["NACRE_URL"] = stage.Server.Url.ToString(),
        ["NACRE_CACERT"] = KeyBroker.TrustServer.CaPath(stage.Directory),
        ["NACRE_TOKEN"] = token,
    };

    private static async Task<bool> GetsAsync(KbsClient guest, ResourceUri uri)
    {
        try
        {
            (await guest.GetResourceAsync(uri, Cancel)).Dispose();
            return true;
        }
        catch (KbsException e)
        {
            Assert.Equal(KbsFailure.Denied, e.Failure);
            return false;
        }
    }
}
