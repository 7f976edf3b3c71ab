using System.Text.Json.Nodes;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Sample;

/// <summary>What <see cref="SampleVerifier"/> says.</summary>
internal static class SampleClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The TEE that proves nothing.",
        Text("svn", "Whatever the guest says."),
        Base64("report_data", "The report data."),
        Text("launch_digest", "Always the same."),
        Object("platform_version", "Always the same.", Integer("major", "Major version."), Integer("minor", "Minor version.")),
        Boolean("debug", "Always false."),
        Base64("init_data", "The init-data digest; when one was expected.").Optional());
}
