using System.Text.Json.Nodes;
using static Nacre.Verifiers.Schemas.ClaimSchema;

namespace Nacre.Verifiers.Sample;

/// <summary>What <see cref="SampleDeviceVerifier"/> says.</summary>
internal static class SampleDeviceClaimsSchema
{
    public static JsonObject Create() => ObjectType(
        "The device that proves nothing.", Text("svn", "Whatever the guest says."), Base64("report_data", "The report data."));
}
