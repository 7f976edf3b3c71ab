using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;
using Nacre.KeyBroker;

namespace Nacre.EndToEndTests.Trust;

/// <summary>A secret goes to the guest that policy trusts, encrypted to it, and to nobody else.</summary>
[Trait("Group", "Trust")]
public sealed class ReleaseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(JweKeyKind.EcP256)]
    [InlineData(JweKeyKind.EcP521)]
    [InlineData(JweKeyKind.Rsa2048)]
    public async Task An_affirmed_guest_gets_the_secret(JweKeyKind kind)
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        using var guest = stage.SampleGuest(new KbsClientOptions { KeyKind = kind });

        using var secret = await guest.GetResourceAsync(TrustStage.Secret, Cancel);

        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
    }

    [Fact]
    public async Task The_token_says_what_upstream_relies_on()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        using var guest = stage.SampleGuest();

        var token = JsonWebToken.Parse((await guest.AttestAsync(Cancel)).Token);
        var header = JsonNode.Parse(token.Header)!;
        var claims = JsonNode.Parse(token.Payload)!;
        var cpu0 = claims["submods"]!["cpu0"]!;

        Assert.Equal(("JWT", "ES256", "ES256"), ((string)header["typ"]!, (string)header["alg"]!, (string)header["jwk"]!["alg"]!));
        Assert.Equal((string?)header["kid"], (string?)header["jwk"]!["kid"]);
        Assert.Equal("affirming", (string?)cpu0["ear.status"]);
        Assert.Equal(8, cpu0["ear.trustworthiness-vector"]!.AsObject().Count);
        Assert.Equal("default", (string?)cpu0["ear.appraisal-policy-id"]);
        Assert.StartsWith("sha256:", (string?)cpu0["ear.nacre.appraisal-policy-digest"], StringComparison.Ordinal);
        var evidence = cpu0["ear.veraison.annotated-evidence"]!;
        Assert.Equal("abcde", (string?)evidence["sample"]!["launch_digest"]);
        Assert.Equal("ECDH-ES+A256KW", (string?)evidence["runtime_data_claims"]!["tee-pubkey"]!["alg"]);
        Assert.True((long)claims["exp"]! - (long)claims["iat"]! == 300);
        Assert.Equal(["eat_profile", "iat", "ear.verifier-id", "submods", "exp", "iss", "nbf", "jti"], claims.AsObject().Select(member => member.Key));
    }

    [Fact]
    public async Task A_guest_that_is_not_affirmed_gets_nothing_and_the_administrator_sees_why()
    {
        await using var stage = await TrustStage.StartAsync();
        using var guest = stage.SampleGuest();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => guest.GetResourceAsync(TrustStage.Secret, Cancel));
        Assert.Equal((KbsFailure.Denied, HttpStatusCode.Forbidden, ErrorTypes.PolicyDeny), (refusal.Failure, refusal.Status, refusal.ErrorType));

        var denial = await stage.Admin.GetAttemptAsync(refusal.Reference!, Cancel);
        Assert.Equal(("release-denied", "resource/default/key/1"), ((string)denial["kind"]!, (string)denial["resource"]!));
        var appraisal = await stage.Admin.GetAttemptAsync((string)denial["appraisal"]!, Cancel);
        Assert.Equal("not-affirming", (string?)appraisal["kind"]);
        Assert.Contains("default_cpu.rego:", (string)appraisal["reasons"]![0]!, StringComparison.Ordinal);
        Assert.DoesNotContain(TrustStage.SecretText, denial.ToJsonString() + appraisal.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(refusal.Reference, (string?)(await stage.Admin.ListAttemptsAsync(Cancel))["attempts"]![0]!["id"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Guests_are_told_the_reason_only_when_the_owner_wants_it(bool explain)
    {
        await using var stage = await TrustStage.StartAsync(explain: explain);
        using var guest = stage.SampleGuest();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => guest.GetResourceAsync(TrustStage.Secret, Cancel));

        Assert.Equal(explain, refusal.Detail.Contains(".rego", StringComparison.Ordinal));
        Assert.NotNull(refusal.Reference);
    }

    [Fact]
    public async Task A_token_and_its_key_open_the_same_in_another_process()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        using var attester = stage.SampleGuest();
        var session = await attester.AttestAsync(Cancel);

        using var passport = new KbsClient(
            stage.Connect(), AttestedSession.FromToken(session.Token, JweKeyPair.FromPem(Encoding.ASCII.GetString(session.Key.ExportPem().Reveal()))), stage.Clock);
        using var secret = await passport.GetResourceAsync(TrustStage.Secret, Cancel);

        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
    }

    [Fact]
    public async Task What_is_missing_is_told_only_to_those_who_may_have_it()
    {
        await using var stage = await TrustStage.StartAsync();
        var absent = ResourceUri.Parse("kbs:///default/key/absent");
        using var guest = stage.SampleGuest();

        Assert.Equal(KbsFailure.Denied, (await Assert.ThrowsAsync<KbsException>(() => guest.GetResourceAsync(absent, Cancel))).Failure);
        await stage.AffirmSampleAsync();
        using var affirmed = stage.SampleGuest();
        Assert.Equal(KbsFailure.NotFound, (await Assert.ThrowsAsync<KbsException>(() => affirmed.GetResourceAsync(absent, Cancel))).Failure);
    }

    [Fact]
    public async Task A_deleted_secret_is_gone_and_a_replaced_one_is_new()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        using var guest = stage.SampleGuest();
        await stage.Admin.PutResourceAsync(TrustStage.Secret, Formats.SecretBytes.Copy("another"u8), Cancel);

        using (var secret = await guest.GetResourceAsync(TrustStage.Secret, Cancel))
            Assert.Equal("another", Encoding.UTF8.GetString(secret.Reveal()));

        await stage.Admin.DeleteResourceAsync(TrustStage.Secret, Cancel);
        Assert.Equal(KbsFailure.NotFound, (await Assert.ThrowsAsync<KbsException>(() => guest.GetResourceAsync(TrustStage.Secret, Cancel))).Failure);
        Assert.Equal(KbsFailure.NotFound, (await Assert.ThrowsAsync<KbsException>(() => stage.Admin.DeleteResourceAsync(TrustStage.Secret, Cancel))).Failure);
        Assert.Empty((await stage.Admin.ListResourcesAsync(Cancel))["resources"]!.AsArray());
    }

    [Fact]
    public async Task A_resource_policy_sees_the_path_and_the_claims()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.Admin.SetPolicyAsync(
            PolicyKind.Resource, null,
            """
            package policy
            import rego.v1
            default allow := false
            allow if {
                data.plugin == "resource"
                data["resource-path"][0] == "default"
                data.query.reason == "test"
                input.submods.cpu0["ear.veraison.annotated-evidence"].sample.svn == "1"
            }
            """,
            Cancel);
        using var guest = stage.SampleGuest();

        using var secret = await guest.GetAsync("resource", "default/key/1?reason=test", Cancel);
        Assert.Equal(TrustStage.SecretText, Encoding.UTF8.GetString(secret.Reveal()));
        await Assert.ThrowsAsync<KbsException>(() => guest.GetAsync("resource", "default/key/1", Cancel));
        await Assert.ThrowsAsync<KbsException>(() => guest.GetAsync("resource", "other/key/1?reason=test", Cancel));
    }

    [Fact]
    public async Task Policies_are_stored_only_when_they_compile_and_can_be_read_back()
    {
        await using var stage = await TrustStage.StartAsync();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, "package policy\nallow {", Cancel));
        Assert.Equal((ErrorTypes.ParsePolicyError, HttpStatusCode.BadRequest), (refusal.ErrorType, refusal.Status));
        Assert.Contains("resource-policy.rego:2", refusal.Detail, StringComparison.Ordinal);

        const string policy = "package policy\n\nallow := true\n";
        await stage.Admin.SetPolicyAsync(PolicyKind.Attestation, "mine_cpu", policy, Cancel);
        Assert.Equal(policy, (string?)(await stage.Admin.GetPolicyAsync(PolicyKind.Attestation, "mine_cpu", Cancel))["policy"]);
        Assert.Equal(
            ["default_cpu", "default_dcu", "default_gpu", "default_ppcie", "default_switch", "mine_cpu", "resource-policy"],
            (await stage.Admin.ListPoliciesAsync(Cancel))["policies"]!.AsArray().Select(item => (string?)item!["id"]));
    }

    [Fact]
    public async Task Expired_reference_values_no_longer_count()
    {
        await using var stage = await TrustStage.StartAsync(tls: false);
        await stage.AffirmSampleAsync();
        using (var guest = stage.SampleGuest())
            (await guest.GetResourceAsync(TrustStage.Secret, Cancel)).Dispose();

        stage.Clock.Skip(TimeSpan.FromDays(367));
        using var late = stage.SampleGuest();

        Assert.Equal(KbsFailure.Denied, (await Assert.ThrowsAsync<KbsException>(() => late.GetResourceAsync(TrustStage.Secret, Cancel))).Failure);
    }

    [Fact]
    public async Task Reference_values_are_listed_and_deleted()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        var names = (await stage.Admin.ListReferenceValuesAsync(Cancel))["reference-values"]!.AsArray().Select(item => (string?)item!["name"]);
        Assert.Equal(["launch_digest", "major_version", "minimum_minor_version", "svn"], names);

        await stage.Admin.DeleteReferenceValueAsync("svn", Cancel);

        await Assert.ThrowsAsync<KbsException>(() => stage.Admin.DeleteReferenceValueAsync("svn", Cancel));
        using var guest = stage.SampleGuest();
        await Assert.ThrowsAsync<KbsException>(() => guest.GetResourceAsync(TrustStage.Secret, Cancel));
    }

    [Fact]
    public async Task A_session_is_renewed_before_its_token_expires()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        using var guest = stage.SampleGuest();
        var first = await guest.AttestAsync(Cancel);
        Assert.Same(first, await guest.AttestAsync(Cancel));

        stage.Clock.Skip(TimeSpan.FromMinutes(5));
        using var secret = await guest.GetResourceAsync(TrustStage.Secret, Cancel);

        Assert.NotSame(first, await guest.AttestAsync(Cancel));
    }

    [Fact]
    public async Task Sample_evidence_is_refused_outside_development()
    {
        await using var stage = await TrustStage.StartAsync(development: false);
        using var guest = stage.SampleGuest();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => guest.AttestAsync(Cancel));

        Assert.Equal((KbsFailure.Unauthenticated, ErrorTypes.AttestationError), (refusal.Failure, refusal.ErrorType));
        await Assert.ThrowsAsync<TrustServerException>(() => TrustServer.StartAsync(
            new TrustServerOptions { DataDirectory = stage.Directory, Url = new Uri("http://127.0.0.1:0") }, Cancel));
    }
}
