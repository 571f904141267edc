package scim

import (
	"net/http"
	"strings"
)

// provider says what this service can do.
func (s *Server) provider(v *visit) error {
	no := resource{"supported": false}
	write(v.w, http.StatusOK, resource{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":   resource{"supported": true}, "etag": resource{"supported": true},
		"bulk":   resource{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter": resource{"supported": true, "maxResults": pageMax}, "changePassword": no, "sort": no,
		"authenticationSchemes": []resource{{"type": "oauthbearertoken", "name": "Bearer token", "description": "A token that the endpoint's administrator made.", "primary": true}},
		"meta":                  resource{"resourceType": "ServiceProviderConfig", "location": s.o.Base + "/ServiceProviderConfig"},
	})
	return nil
}

// attribute is one of a schema, as RFC 7643 describes them.
func attribute(name, kind, description string, more resource) resource {
	a := resource{
		"name": name, "type": kind, "multiValued": false, "description": description, "required": false, "caseExact": false,
		"mutability": "readWrite", "returned": "default", "uniqueness": "none",
	}
	for k, v := range more {
		a[k] = v
	}
	return a
}

func (s *Server) allSchemas() []resource {
	ref := func(who string) []resource {
		return []resource{
			attribute("value", "string", "Id of the "+who+".", resource{"caseExact": true, "mutability": "immutable"}),
			attribute("$ref", "reference", "Address of the "+who+".", resource{"referenceTypes": []string{"User", "Group"}, "mutability": "immutable"}),
			attribute("type", "string", "What it is.", resource{"mutability": "immutable"}),
		}
	}
	make := func(id, name, description string, attrs ...resource) resource {
		return resource{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": id, "name": name, "description": description, "attributes": attrs,
			"meta": resource{"resourceType": "Schema", "location": s.o.Base + "/Schemas/" + id},
		}
	}
	return []resource{
		make(schemaUser, "User", "Somebody with an account",
			attribute("userName", "string", "Sign-in name, for display.", resource{"required": true, "uniqueness": "server"}),
			attribute("displayName", "string", "What others are shown.", nil),
			attribute("name", "complex", "Parts of the name.", resource{"subAttributes": []resource{
				attribute("formatted", "string", "The whole name.", nil), attribute("givenName", "string", "Given name.", nil), attribute("familyName", "string", "Family name.", nil),
			}}),
			attribute("title", "string", "Job title.", nil),
			attribute("userType", "string", "Member or Guest; guests may neither help nor be helped.", nil),
			attribute("active", "boolean", "Whether the account may be used.", nil),
			attribute("emails", "complex", "Addresses; one is kept.", resource{"multiValued": true, "subAttributes": []resource{
				attribute("value", "string", "The address.", nil), attribute("type", "string", "work.", nil), attribute("primary", "boolean", "Whether it is the main one.", nil),
			}}),
			attribute("groups", "complex", "Groups that the user is in directly.", resource{"multiValued": true, "mutability": "readOnly", "subAttributes": ref("group")})),
		make(schemaGroup, "Group", "A group of people, groups or devices",
			attribute("displayName", "string", "Name of the group.", resource{"required": true}),
			attribute("members", "complex", "Who is in it.", resource{"multiValued": true, "subAttributes": ref("member")})),
		make(schemaEnterprise, "EnterpriseUser", "Somebody in an organisation",
			attribute(attrCompany, "string", "Name of the organisation.", nil)),
	}
}

func (s *Server) schemas(v *visit) error {
	all := s.allSchemas()
	return v.list(all, len(all), 0)
}

func (s *Server) schema(v *visit) error { return v.one(s.allSchemas()) }

func (s *Server) allTypes() []resource {
	make := func(id, endpoint, schema string, extensions []resource) resource {
		return resource{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": id, "name": id, "endpoint": endpoint, "schema": schema,
			"schemaExtensions": extensions, "meta": resource{"resourceType": "ResourceType", "location": s.o.Base + "/ResourceTypes/" + id},
		}
	}
	return []resource{
		make("User", "/Users", schemaUser, []resource{{"schema": schemaEnterprise, "required": false}}),
		make("Group", "/Groups", schemaGroup, []resource{}),
	}
}

func (s *Server) types(v *visit) error {
	all := s.allTypes()
	return v.list(all, len(all), 0)
}

func (s *Server) kind(v *visit) error { return v.one(s.allTypes()) }

// one answers the resource that the request names.
func (v *visit) one(all []resource) error {
	for _, res := range all {
		if id, ok := res["id"].(string); ok && strings.EqualFold(id, v.r.PathValue("id")) {
			write(v.w, http.StatusOK, res)
			return nil
		}
	}
	return errAbsent
}
