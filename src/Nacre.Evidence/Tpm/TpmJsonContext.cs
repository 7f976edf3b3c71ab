using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Nacre.Evidence.Tpm;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class TpmJsonContext : JsonSerializerContext;
