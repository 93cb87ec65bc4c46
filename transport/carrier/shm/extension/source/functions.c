#include "functions.h"

#include "arguments.h"

#define PROPERTY "__tailrace_memory"

static JSClassRef class;

/* The page whose functions object `this` is, or NULL. */
static struct page *page_of(JSContextRef context, JSObjectRef this) {
	return this && JSValueIsObjectOfClass(context, this, class) ? JSObjectGetPrivate(this) : NULL;
}

static struct link *link_of(JSContextRef context, JSObjectRef this) {
	struct page *p = page_of(context, this);
	return p ? page_link(p, this) : NULL;
}

/* What a function of the link gave, for the page; the end of the link is acted upon at once. */
static JSValueRef result(JSContextRef context, JSObjectRef this, int64_t n) {
	if (n == GONE && link_of(context, this)) page_leave(page_of(context, this));
	return JSValueMakeNumber(context, (double)n);
}

#define FUNCTION(name) \
	static JSValueRef name(JSContextRef context, JSObjectRef callee, JSObjectRef this, \
		size_t count, const JSValueRef arguments[], JSValueRef *exception)
#define UNUSED (void)callee, (void)count, (void)arguments, (void)exception

FUNCTION(attach_) {
	UNUSED;
	struct page *p = page_of(context, this);
	char token[TOKEN_MAX + 1];
	if (!p || count < 2 || !argument_token(context, arguments[0], token) ||
		!JSValueIsObject(context, arguments[1]))
		return JSValueMakeNumber(context, GONE);
	JSObjectRef bell = JSValueToObject(context, arguments[1], NULL);
	if (!bell || !JSObjectIsFunction(context, bell)) return JSValueMakeNumber(context, GONE);
	return JSValueMakeNumber(context, (double)page_attach(p, context, this, token, bell));
}

FUNCTION(detach_) {
	UNUSED;
	struct page *p = page_of(context, this);
	if (p) page_detach(p, this);
	return JSValueMakeNumber(context, 1);
}

FUNCTION(next_) {
	UNUSED;
	struct link *l = link_of(context, this);
	return result(context, this, l ? queue_next(l) : GONE);
}

FUNCTION(skip_) {
	UNUSED;
	struct link *l = link_of(context, this);
	return result(context, this, l ? queue_skip(l) : GONE);
}

FUNCTION(taken_) {
	UNUSED;
	struct link *l = link_of(context, this);
	return result(context, this, l ? upward_taken(l) : GONE);
}

FUNCTION(read_) {
	UNUSED;
	struct link *l = link_of(context, this);
	unsigned char *bytes;
	uint64_t length;
	if (!l) return result(context, this, GONE);
	if (count < 1 || !argument_bytes(context, arguments[0], &bytes, &length))
		return result(context, this, WRONG);
	return result(context, this, queue_read(l, bytes, length));
}

FUNCTION(fill_) {
	UNUSED;
	struct link *l = link_of(context, this);
	unsigned char *bytes;
	uint64_t length, at, n;
	if (!l) return result(context, this, GONE);
	if (count < 3 || !argument_size(context, arguments[1], &at) ||
		!argument_size(context, arguments[2], &n) ||
		!argument_bytes(context, arguments[0], &bytes, &length) || at > length)
		return result(context, this, WRONG);
	return result(context, this, queue_fill(l, bytes + at, length - at, n));
}

FUNCTION(push_) {
	UNUSED;
	struct link *l = link_of(context, this);
	unsigned char *bytes;
	uint64_t length;
	if (!l) return result(context, this, GONE);
	if (count < 1 || !argument_bytes(context, arguments[0], &bytes, &length))
		return result(context, this, WRONG);
	return result(context, this, upward_push(l, bytes, length));
}

static const struct {
	const char *name;
	JSObjectCallAsFunctionCallback call;
} methods[] = {
	{"attach", attach_},
	{"next", next_},
	{"read", read_},
	{"fill", fill_},
	{"skip", skip_},
	{"push", push_},
	{"taken", taken_},
	{"detach", detach_},
};

/* In garbage collection. */
static void finalize(JSObjectRef object) {
	struct page *p = JSObjectGetPrivate(object);
	if (p) page_release(p);
}

static void set(JSContextRef context, JSObjectRef object, const char *name, JSValueRef value,
	JSPropertyAttributes attributes) {
	JSStringRef key = JSStringCreateWithUTF8CString(name);
	JSObjectSetProperty(context, object, key, value, attributes, NULL);
	JSStringRelease(key);
}

void functions_put(JSGlobalContextRef context, struct page *p) {
	if (!class) {
		JSClassDefinition definition = kJSClassDefinitionEmpty;
		definition.className = "TailraceMemory";
		definition.attributes = kJSClassAttributeNoAutomaticPrototype;
		definition.finalize = finalize;
		class = JSClassCreate(&definition);
	}
	JSObjectRef object = JSObjectMake(context, class, page_retain(p));
	JSValueProtect(context, object);
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		JSStringRef name = JSStringCreateWithUTF8CString(methods[i].name);
		JSObjectRef function = JSObjectMakeFunctionWithCallback(context, name, methods[i].call);
		JSObjectSetProperty(context, object, name, function,
			kJSPropertyAttributeReadOnly | kJSPropertyAttributeDontDelete, NULL);
		JSStringRelease(name);
	}
	set(context, JSContextGetGlobalObject(context), PROPERTY, object, kJSPropertyAttributeDontEnum);
	JSValueUnprotect(context, object);
}
