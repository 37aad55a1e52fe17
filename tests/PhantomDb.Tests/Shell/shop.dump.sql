--
-- PostgreSQL database dump
--

\restrict k1

-- Dumped by pg_dump version 15.20 (Debian 15.20-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: shop; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA shop;


ALTER SCHEMA shop OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: tree; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.tree (
    id integer NOT NULL,
    parent integer,
    label text COLLATE pg_catalog."C"
);


ALTER TABLE public.tree OWNER TO postgres;

--
-- Name: roots; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.roots AS
 SELECT t.id,
    t.parent,
    t.label
   FROM public.tree t
  WHERE (t.parent IS NULL);


ALTER TABLE public.roots OWNER TO postgres;

--
-- Name: uses; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.uses (
    t bigint,
    u uuid,
    b bytea,
    i interval,
    bo boolean
);


ALTER TABLE public.uses OWNER TO postgres;

--
-- Name: ticket; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.ticket
    START WITH 100
    INCREMENT BY 5
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.ticket OWNER TO postgres;

--
-- Name: ticket; Type: SEQUENCE OWNED BY; Schema: public; Owner: postgres
--

ALTER SEQUENCE public.ticket OWNED BY public.uses.t;


--
-- Name: customer; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.customer (
    id integer NOT NULL,
    name character varying(40) NOT NULL,
    email text,
    created timestamp with time zone DEFAULT now(),
    credit numeric(10,2) DEFAULT 0,
    CONSTRAINT customer_credit_check CHECK ((credit >= (0)::numeric))
);


ALTER TABLE shop.customer OWNER TO postgres;

--
-- Name: TABLE customer; Type: COMMENT; Schema: shop; Owner: postgres
--

COMMENT ON TABLE shop.customer IS 'who buys';


--
-- Name: COLUMN customer.name; Type: COMMENT; Schema: shop; Owner: postgres
--

COMMENT ON COLUMN shop.customer.name IS 'full name';


--
-- Name: customer_id_seq; Type: SEQUENCE; Schema: shop; Owner: postgres
--

CREATE SEQUENCE shop.customer_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE shop.customer_id_seq OWNER TO postgres;

--
-- Name: customer_id_seq; Type: SEQUENCE OWNED BY; Schema: shop; Owner: postgres
--

ALTER SEQUENCE shop.customer_id_seq OWNED BY shop.customer.id;


--
-- Name: line; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.line (
    order_id bigint NOT NULL,
    no smallint NOT NULL,
    item character(5),
    price double precision
);


ALTER TABLE shop.line OWNER TO postgres;

--
-- Name: orders; Type: TABLE; Schema: shop; Owner: postgres
--

CREATE TABLE shop.orders (
    id bigint NOT NULL,
    customer_id integer NOT NULL,
    placed date DEFAULT CURRENT_DATE,
    note text DEFAULT 'it''s'::text,
    CONSTRAINT ok CHECK (((note IS NULL) OR (length(note) < 100)))
);


ALTER TABLE shop.orders OWNER TO postgres;

--
-- Name: orders_id_seq; Type: SEQUENCE; Schema: shop; Owner: postgres
--

ALTER TABLE shop.orders ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME shop.orders_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: totals; Type: VIEW; Schema: shop; Owner: postgres
--

CREATE VIEW shop.totals AS
 SELECT c.name,
    count(*) AS n,
    sum(l.price) AS total
   FROM ((shop.customer c
     JOIN shop.orders o ON ((o.customer_id = c.id)))
     LEFT JOIN shop.line l ON ((l.order_id = o.id)))
  GROUP BY c.name
 HAVING (count(*) > 0);


ALTER TABLE shop.totals OWNER TO postgres;

--
-- Name: uses t; Type: DEFAULT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.uses ALTER COLUMN t SET DEFAULT nextval('public.ticket'::regclass);


--
-- Name: customer id; Type: DEFAULT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.customer ALTER COLUMN id SET DEFAULT nextval('shop.customer_id_seq'::regclass);


--
-- Data for Name: tree; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.tree (id, parent, label) FROM stdin;
1	\N	root
2	1	leaf
\.


--
-- Data for Name: uses; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.uses (t, u, b, i, bo) FROM stdin;
100	00000000-0000-0000-0000-000000000001	\\xdeadbeef	1 day 02:00:00	t
\.


--
-- Data for Name: customer; Type: TABLE DATA; Schema: shop; Owner: postgres
--

COPY shop.customer (id, name, email, created, credit) FROM stdin;
1	Ann	a@x	2020-01-01 00:00:00+00	0.00
2	Bob	\N	2021-06-01 10:00:00+00	0.00
\.


--
-- Data for Name: line; Type: TABLE DATA; Schema: shop; Owner: postgres
--

COPY shop.line (order_id, no, item, price) FROM stdin;
1	1	abc  	1.5
1	2	de   	NaN
3	1	x    	1e+100
\.


--
-- Data for Name: orders; Type: TABLE DATA; Schema: shop; Owner: postgres
--

COPY shop.orders (id, customer_id, placed, note) FROM stdin;
1	1	2020-02-02	tab\there
2	1	2020-02-03	\N
3	2	2020-02-04	back\\slash
\.


--
-- Name: ticket; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.ticket', 100, true);


--
-- Name: customer_id_seq; Type: SEQUENCE SET; Schema: shop; Owner: postgres
--

SELECT pg_catalog.setval('shop.customer_id_seq', 2, true);


--
-- Name: orders_id_seq; Type: SEQUENCE SET; Schema: shop; Owner: postgres
--

SELECT pg_catalog.setval('shop.orders_id_seq', 3, true);


--
-- Name: tree tree_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.tree
    ADD CONSTRAINT tree_pkey PRIMARY KEY (id);


--
-- Name: customer customer_email_key; Type: CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.customer
    ADD CONSTRAINT customer_email_key UNIQUE (email);


--
-- Name: customer customer_pkey; Type: CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (id);


--
-- Name: line line_pkey; Type: CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.line
    ADD CONSTRAINT line_pkey PRIMARY KEY (order_id, no);


--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);


--
-- Name: named; Type: INDEX; Schema: shop; Owner: postgres
--

CREATE UNIQUE INDEX named ON shop.customer USING btree (name, email);


--
-- Name: orders_customer_id_placed_idx; Type: INDEX; Schema: shop; Owner: postgres
--

CREATE INDEX orders_customer_id_placed_idx ON shop.orders USING btree (customer_id, placed DESC NULLS LAST);


--
-- Name: tree tree_parent_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.tree
    ADD CONSTRAINT tree_parent_fkey FOREIGN KEY (parent) REFERENCES public.tree(id) ON DELETE SET NULL;


--
-- Name: line line_order_id_fkey; Type: FK CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.line
    ADD CONSTRAINT line_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.orders(id) ON DELETE CASCADE;


--
-- Name: orders orders_customer_id_fkey; Type: FK CONSTRAINT; Schema: shop; Owner: postgres
--

ALTER TABLE ONLY shop.orders
    ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES shop.customer(id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--

\unrestrict k1

