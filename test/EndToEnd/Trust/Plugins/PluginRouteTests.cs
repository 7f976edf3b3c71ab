using Nacre.Peers;

namespace Nacre.EndToEndTests.Trust.Plugins;

/// <summary>Who may use which route of the plugins. A route that is not here fails the test: add it with its authorisation.</summary>
[Trait("Group", "TrustPlugins")]
public sealed class PluginRouteTests : IDisposable
{
    private static readonly string[] s_expected =
    [
        "GET kbs/v0/sample/{**path} View",
        "POST kbs/v0/provisioner/provision WriteSecret",
        "DELETE kbs/v0/provisioner/provision/{uuid} WriteSecret",
        "GET kbs/v0/provisioner/default/{uuid}/root Guest",
        "GET kbs/v0/pkcs11/resource/{**path} Guest",
        "POST kbs/v0/pkcs11/resource/{**path} WriteSecret",
        "DELETE kbs/v0/pkcs11/resource/{**path} WriteSecret",
        "GET kbs/v0/pkcs11/wrap-key Guest",
        "POST kbs/v0/pkcs11/wrap-key WriteSecret",
        "GET kbs/v0/nebula-ca/credential Guest",
        "GET kbs/v0/certificates/ca.pem Public",
        "GET kbs/v0/certificates/ca.crl Public",
        "GET kbs/v0/certificates/issue/{profile} Guest",
        "POST kbs/v0/certificates/issue/{profile} Guest",
        "GET kbs/v0/certificates/issued View",
        "POST kbs/v0/certificates/revoke/{serial} WritePolicy",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-plugin-routes-").FullName;

    [Fact]
    public async Task Every_route_and_its_authorisation_is_written_down_and_admin_routes_serve_no_one_else()
    {
        Assert.NotEmpty(SoftHsm.Shared.ConfigurationFile);
        await using var stage = await PluginStage.StartAsync(
            $$"""
            name = "sample"

            [[plugins]]
            name = "provisioner"

            [[plugins]]
            name = "pkcs11"
            module = "{{SoftHsm.Library}}"
            pin = "{{SoftHsm.Pin}}"

            [[plugins]]
            name = "nebula-ca"
            work_dir = "{{_folder}}"

            [[plugins]]
            name = "certificates"
            trust_domain = "example.org"
            profiles = [ { name = "vm", spiffe_id = "spiffe://example.org/vm" } ]
            """);
        var routes = stage.Trust.Server.Routes.Select(route => $"{route.Method} {route.Template} {route.Access}").ToList();
        var from = routes.IndexOf(s_expected[0]);
        Assert.Equal(s_expected, routes.GetRange(from, s_expected.Length));
        Assert.Equal(
            s_expected.Length, routes.Count(route => Array.Exists(
                (string[])["sample", "provisioner", "pkcs11", "nebula-ca", "certificates"],
                name => route.Contains($" kbs/v0/{name}/", StringComparison.Ordinal))));

        using var guest = stage.Guest();
        var token = (await guest.AttestAsync(TestContext.Current.CancellationToken)).Token;
        foreach (var line in s_expected.Select(line => line.Split(' ')).Where(parts => parts[2] is not "Public"))
        {
            var path = line[1]["kbs/v0/".Length..].Replace("{**path}", "a/b/c", StringComparison.Ordinal)
                .Replace("{uuid}", Guid.NewGuid().ToString(), StringComparison.Ordinal)
                .Replace("{profile}", "vm", StringComparison.Ordinal).Replace("{serial}", "01", StringComparison.Ordinal);
            foreach (var bearer in line[2] == "Guest" ? (string[])["x", stage.Trust.AdminToken] : ["x", token])
                Assert.Equal((line[1], 401), (line[1], (await stage.AdminAsync(new HttpMethod(line[0]), path, null, bearer)).Status));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
