#include "arguments.h"

bool argument_bytes(
	JSContextRef context, JSValueRef value, unsigned char **bytes, uint64_t *length) {
	JSTypedArrayType type = JSValueGetTypedArrayType(context, value, NULL);
	if (type == kJSTypedArrayTypeNone) return false;
	/* value is an object, or it had no such type: the conversion gives itself */
	JSObjectRef object = JSValueToObject(context, value, NULL);
	if (!object) return false;
	if (type == kJSTypedArrayTypeArrayBuffer) {
		*bytes = JSObjectGetArrayBufferBytesPtr(context, object, NULL);
		*length = JSObjectGetArrayBufferByteLength(context, object, NULL);
		return *bytes != NULL;
	}
	/* A view of a buffer that was resized may reach beyond it: compare with the buffer itself. */
	JSObjectRef buffer = JSObjectGetTypedArrayBuffer(context, object, NULL);
	if (!buffer) return false;
	unsigned char *start = JSObjectGetTypedArrayBytesPtr(context, object, NULL);
	uint64_t whole = JSObjectGetArrayBufferByteLength(context, buffer, NULL);
	uint64_t offset = JSObjectGetTypedArrayByteOffset(context, object, NULL),
			 view = JSObjectGetTypedArrayByteLength(context, object, NULL);
	if (!start || offset > whole || view > whole - offset) return false;
	*bytes = start + offset;
	*length = view;
	return true;
}

bool argument_size(JSContextRef context, JSValueRef value, uint64_t *size) {
	if (!JSValueIsNumber(context, value)) return false;
	double n = JSValueToNumber(context, value, NULL);
	if (!(n >= 0 && n <= 9007199254740992.0) || n != (double)(uint64_t)n) return false;
	*size = (uint64_t)n;
	return true;
}

bool argument_token(JSContextRef context, JSValueRef value, char token[TOKEN_MAX + 1]) {
	if (!JSValueIsString(context, value)) return false;
	JSStringRef string = JSValueToStringCopy(context, value, NULL);
	if (!string) return false;
	size_t n = JSStringGetLength(string);
	const JSChar *characters = JSStringGetCharactersPtr(string);
	bool right = n > 0 && n <= TOKEN_MAX && characters;
	for (size_t i = 0; right && i < n; i++) {
		right = characters[i] > 0 && characters[i] < 128;
		token[i] = (char)characters[i];
	}
	if (right) token[n] = 0;
	JSStringRelease(string);
	return right;
}
